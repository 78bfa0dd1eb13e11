// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The options of qopt-run. Not cl::opt: its registry is global, and liblld owns `threads`.
include "llvm/Option/OptParser.td"

class Value<string name, string help, string metaVar>
    : Joined<["--"], name # "=">, HelpText<help>, MetaVarName<metaVar>;
class Apart<string name, Option joined>
    : Separate<["--"], name>, Alias<joined>;

def input : Value<"input", "Samples stacked along the first dimension; an .npz holds one array per input, by name", "<x.npy|x.npz>">;
def input_apart : Apart<"input", input>;
def output : Value<"output", "Outputs, stacked likewise", "<y.npy|y.npz>">;
def output_apart : Apart<"output", output>;
def engine : Value<"engine", "float, simulated, reference, jit or native (default: the fastest that the model's level allows)", "<name>">;
def engine_apart : Apart<"engine", engine>;
def target : Value<"target", "Rows of instructions for the jit engine (default: host)", "<name>">;
def target_apart : Apart<"target", target>;
def threads : Value<"threads", "Threads (default: 1)", "<n>">;
def threads_apart : Apart<"threads", threads>;
def batch : Value<"batch", "Size of a dynamic leading dimension (default: 1)", "<n>">;
def batch_apart : Apart<"batch", batch>;
def bench : Flag<["--"], "bench">, HelpText<"Warm up, time the first sample for a second, print minimum and median">;
def bench_seconds : Value<"bench", "The same for that many seconds", "<seconds>">;
def packets : Flag<["--"], "packets">, HelpText<"Print the packets that a run takes (NAME.elf for Hexagon)">;
def emulator : Value<"emulator", "Program that runs NAME.elf of another machine (default: $QOPT_EMULATOR, else qemu-aarch64 or qemu-hexagon)", "<program>">;
def emulator_apart : Apart<"emulator", emulator>;
def emulator_cpu : Value<"emulator-cpu", "Its -cpu (default: max for Arm, v67 for Hexagon)", "<name>">;
def emulator_cpu_apart : Apart<"emulator-cpu", emulator_cpu>;
def json : Flag<["--"], "json">, HelpText<"Print results as JSON on standard output">;
def profile : Flag<["--"], "profile">, HelpText<"Time per layer (engine jit)">;
def plain_float : Flag<["--"], "plain-float">, HelpText<"Float engine of plain loops, without oneDNN">;
def dump_tensors : Value<"dump-tensors", "Write every op's output on the first sample as .npy", "<dir>">;
def dump_tensors_apart : Apart<"dump-tensors", dump_tensors>;
def compare : Value<"compare", "Run two engines and name the first op, index and values that differ, e.g. reference,jit", "<a,b>">;
def compare_apart : Apart<"compare", compare>;
def analyze : Value<"analyze", "Error of every layer of this quantized network (NAME.quantized.mlir) against the float MODEL, worst first", "<quantized.mlir>">;
def sensitivity : Flag<["--"], "sensitivity">, HelpText<"With --analyze: also what each layer costs when it alone is quantized, and brings when it alone stays float">;
def analyze_apart : Apart<"analyze", analyze>;

def help : Flag<["--"], "help">, HelpText<"Print this text and leave">;
def help_short : Flag<["-"], "h">, Alias<help>;
def version : Flag<["--"], "version">, HelpText<"Print the version and leave">;
