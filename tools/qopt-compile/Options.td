// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The options of qopt-compile. Not cl::opt: its registry is global, and liblld owns `threads`.
include "llvm/Option/OptParser.td"

class Value<string name, string help, string metaVar>
    : Joined<["--"], name # "=">, HelpText<help>, MetaVarName<metaVar>;
class Apart<string name, Option joined>
    : Separate<["--"], name>, Alias<joined>;

def output : Separate<["-"], "o">, MetaVarName<"<dir>">,
  HelpText<"Folder for the outputs; made if it is missing">;
def output_joined : Joined<["--"], "output=">, Alias<output>;

def calibrate : Value<"calibrate", "Example inputs: samples stacked along the first dimension", "<x.npy|x.npz>">;
def calibrate_apart : Apart<"calibrate", calibrate>;
def ranges : Value<"ranges", "With --calibrate: the ranges found are written here; without: read", "<file.json>">;
def ranges_apart : Apart<"ranges", ranges>;
def name : Value<"name", "C name of the network (default: the file's stem)", "<identifier>">;
def name_apart : Apart<"name", name>;
def target : Value<"target", "Machine to compile for (default: host); several, best first: the library chooses when it is loaded", "<name,...>">;
def target_apart : Apart<"target", target>;
def dump_asm : Value<"dump-asm", "Print the assembly of the kernels that compute this layer", "<layer>">;
def dump_asm_apart : Apart<"dump-asm", dump_asm>;
def list_targets : Flag<["--"], "list-targets">, HelpText<"Print the targets and leave">;
def weights : Value<"weights", "per-channel (default) or per-tensor", "<granularity>">;
def activations : Value<"activations", "asymmetric (default) or symmetric", "<kind>">;
def preset : Value<"preset", "Repairs of accuracy: fast, or best, which tries several on a part of the example inputs and keeps what does best on the rest", "<name>">;
def split_channels : Flag<["--"], "split-channels">, HelpText<"Let dead channels carry copies of the noisiest ones">;
def split_outliers : Value<"split-outliers", "Carry the channels that cost most accuracy twice, for at most so many percent more multiply-accumulates; 0: only in place of dead channels (default: not at all)", "<percent>">;
def equalize : Value<"equalize", "Scales of channels, chosen before ranges are measured: none (default), cross-layer or noise-model", "<how>">;
def input_type : Value<"input-type", "What the network takes: float (default), or u8: raw pixels; the normalization that it was trained with is folded into its first layers", "<type>">;
def input_mean : Value<"input-mean", "With --input-type=u8: mean of the pixels, 0 to 255 (default: 0); one, or one per channel", "<m,...>">;
def input_std : Value<"input-std", "With --input-type=u8: their standard deviation (default: 1); one, or one per channel", "<s,...>">;
def calibrator : Value<"calibrator", "minmax (default), moving-average, percentile, mse, entropy, aciq-gauss or aciq-laplace", "<name>">;
def exact_inputs : Flag<["--"], "exact-inputs">, HelpText<"Give inputs that held numbers of 8 bits before they became floats the grid of their own step">;
def correct_bias : Value<"correct-bias", "Biases that give the integer program's channels their float means: none (default), pre, post or pre+post (before or after the activation)", "<means>">;
def bias_bits : Value<"bias-bits", "Width that biases fit: 32 (default) or 16", "<n>">;
def weight_ranges : Value<"weight-ranges", "max (default): no weight is clipped; mse: least squared rounding error", "<how>">;
def round : Value<"round", "Weights to the nearest code (default), or by the hessian of their inputs, from the example data", "<how>">;
def numerics : Value<"numerics", "Numeric contract: fp32, fixed, fixed-double or power-of-two (default: the target's, fp32 on CPUs)", "<contract>">;
def io : Value<"io", "Interface: float or quantized (default: the target's, float on CPUs)", "<kind>">;
def io_layout : Value<"io-layout", "Layout of images at the interface, calibration data included: model (default) or nhwc", "<layout>">;
def threads : Value<"threads", "Threads for calibration (default: all cores)", "<n>">;
def threads_apart : Apart<"threads", threads>;
def batch : Value<"batch", "Size of a dynamic leading dimension (default: 1)", "<n>">;
def batch_apart : Apart<"batch", batch>;
def stop_after : Value<"stop-after", "import, prepare, calibrate, quantize or kernels: write that level as NAME.STAGE.mlir (NAME.quantized.mlir) and stop", "<stage>">;
def emit : Value<"emit", "Outputs, comma separated: mlir, o, so, h, report (default: all)", "<list>">;

def harness : Flag<["--"], "harness">, HelpText<"Also write NAME.elf, a static executable for a cross target, which qopt-run runs under an emulator">;
def html_report : Flag<["--"], "html-report">, HelpText<"Also write NAME.report.html: measure every repair and every layer's sensitivity on the example inputs, and draw them">;

def help : Flag<["--"], "help">, HelpText<"Print this text and leave">;
def help_short : Flag<["-"], "h">, Alias<help>;
def version : Flag<["--"], "version">, HelpText<"Print the version and leave">;
