// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the float level to the simulated level: observe, run data, choose grids.
#ifndef QOPT_CALIBRATION_PASSES_TD
#define QOPT_CALIBRATION_PASSES_TD

include "mlir/Pass/PassBase.td"

def InsertObservers : Pass<"qopt-insert-observers", "::mlir::func::FuncOp"> {
  let summary = "put qopt.observe on every activation that will be quantized";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Observed are the function's arguments and the results of ops that round (the quantization rules
    `Requantizes` and `Lookup`). Not observed, because nothing is rounded there:

    - results of ops that move bytes (max pool, concat, reshape, pad, ...): they share the type of
      what they read;
    - softmax, whose grid is given by its formula.

    Which of the observed values are rounded in the end is for `qopt-nudge-ranges` to say, so that
    one ranges file serves every contract and interface.

    Observers are named after the layer (`qopt.layer`), arguments after `qopt.name`, with a number
    where a name occurs twice; ranges files use these names.

    Before:
    ```mlir
    func.func @layer(%x: tensor<1x4xf32> {qopt.name = "image"}) -> tensor<1x2xf32> {
      %w = qopt.constant dense<0.5> : tensor<4x4xf32>
      %h = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>, qopt.layer = "fc1"}
           : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
      %v = qopt.constant dense<0.25> : tensor<2x4xf32>
      %y = qopt.matmul %h, %v {qopt.layer = "fc2"}
           : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
      return %y : tensor<1x2xf32>
    }
    ```
    After:
    ```mlir
    func.func @layer(%x: tensor<1x4xf32> {qopt.name = "image"}) -> tensor<1x2xf32> {
      %0 = qopt.observe %x {name = "image"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      %w = qopt.constant dense<0.5> : tensor<4x4xf32>
      %h = qopt.matmul %0, %w {clamp_min = array<f32: 0.0>, qopt.layer = "fc1"} ...
      %1 = qopt.observe %h {name = "fc1"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      %v = qopt.constant dense<0.25> : tensor<2x4xf32>
      %y = qopt.matmul %1, %v {qopt.layer = "fc2"} ...
      %2 = qopt.observe %y {name = "fc2"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
      return %2 : tensor<1x2xf32>
    }
    ```

    Precondition: the float level. Values that are observed already keep their observer, and all that
    read them read it.

    Refused: a layer that only the float level knows (batch normalization that could not be folded);
    a function that is simulated or quantized already; an unknown calibrator.
  }];
  let options = [
    Option<"calibrator", "calibrator", "std::string", "\"minmax\"",
           "statistic of each observer: minmax, moving-average, percentile, mse, entropy, aciq-gauss "
           "or aciq-laplace">,
  ];
  let statistics = [Statistic<"numObservers", "observers", "Number of observers inserted">];
}

def RunCalibration : Pass<"qopt-run-calibration", "::mlir::ModuleOp"> {
  let summary = "run data through the float network and write ranges on its observers";
  let description = [{
    Either `data` is given: every sample runs through the float engine, and each `qopt.observe` gets
    the `range` that its calibrator found; with `ranges` as well, they are also written to that
    file. Or `ranges` alone: they are read from the file instead, so that the same ranges give the
    same bytes on every machine.

    An argument whose values are multiples of one step, 192 to 255 steps apart, held numbers of 8
    bits before they became floats (pixels, features of an integer front end). With `exact-inputs`
    its range is 256 of these steps, whatever the calibrator: the grid holds every such value without
    error, while one that ends at the values seen shifts almost all of them.

    Samples run in parallel (MLIR's thread pool), statistics are folded in the order of the samples:
    the number of threads does not change a bit of the result. Observers have a fixed size; no
    activation is kept, and the data file is mapped, not read.

    Before: `%1 = qopt.observe %h {name = "fc1"} : ...`

    After: `%1 = qopt.observe %h {name = "fc1", range = array<f32: 0.0, 5.5>} : ...`

    The ranges file is JSON, floats written so that they read back exactly:
    ```json
    {"schema": 1, "ranges": {"image": [-1.0, 1.0], "fc1": [0.0, 5.5]}}
    ```
    In a module with several networks a name is prefixed with its function's: `"net0/fc1"`.

    Precondition: observers are in place (`qopt-insert-observers`).

    Refused: neither data nor ranges; no observer; zero samples; data of another shape than the
    argument, or whose leading dimension is no multiple of the network's batch; NaN or infinity in a
    sample, or in an activation that it causes (the sample's number is named); several networks and
    no `function`; a ranges file that is unreadable, of another schema or lacks a name.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           ".npy file with samples along the leading dimension, or a stored .npz with one array per "
           "argument, named by qopt.name">,
    Option<"ranges", "ranges", "std::string", "\"\"",
           "JSON file of ranges: written if there is data, else read">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
    Option<"percentile", "percentile", "double", "99.99",
           "share of the values, in percent (50 to 100), that a percentile calibrator keeps at "
           "either end">,
    Option<"momentum", "momentum", "double", "0.9",
           "weight (0 to 1) that a moving average gives to what it has seen">,
    Option<"exactInputs", "exact-inputs", "bool", "false",
           "give arguments that held numbers of 8 bits the grid of their own step">,
    Option<"progress", "progress", "bool", "false", "print progress on stderr if it is a terminal">,
  ];
}

def NudgeRanges : Pass<"qopt-nudge-ranges", "::mlir::func::FuncOp"> {
  let summary = "turn ranges into grids: qopt.observe becomes qopt.fake_quant";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Chooses every type of the quantized level and writes it on `qopt.fake_quant`, so that the
    simulated and the quantized level cannot disagree about scale, zero point or ties.

    *Activations*: 8 bit signed. The range is widened to contain 0, `s = f32((hi - lo) / 255)`,
    `z = clamp(rne(-128 - lo / s))`: real 0 is exactly `z`. A range within 1 % of symmetric gets
    `z = 0`, for else every value of a symmetric lattice would be a tie. Values that ops only move
    (max pool, concat, pad, ...) form a group with one type, from the hull of its ranges and of what
    pads put in; a remark tells where that costs one of them two bits or more. Softmax has 1/256 and
    -128.

    Not rounded, and so without an observer afterwards:

    - with `logits=float`, an unclamped convolution or matmul that only reaches the function's
      results: the last accumulator becomes f32 directly;
    - with `fuse-residuals`, an unclamped convolution that only an addition reads: the two become
      one convolution with a residual operand and round once, after the sum. Where both operands
      qualify it is the later one.

    *Weights*: symmetric narrow range `i8<-127:127>` along output channels or per tensor.
    `s = max|w| / 127`; with `weight-ranges=mse` the scale between that and half of it with the least
    squared rounding error. An all-zero channel has scale 1. Where `rne(b / (s_x * s_w))` would
    exceed 2^30 (2^15 - 1 with `bias-bits=16`), the scale is raised until the bias fits (reported as
    a remark). Constants that are operands of additions and the like get a per-tensor grid of their
    own.

    Before:
    ```mlir
    %0 = qopt.observe %x {name = "image", range = array<f32: -1.0, 1.0>} : ...
    %w = qopt.constant dense<0.5> : tensor<4x4xf32>
    %h = qopt.matmul %0, %w {clamp_min = array<f32: 0.0>} : ...
    %1 = qopt.observe %h {name = "fc1", range = array<f32: 0.0, 5.1>} : ...
    ```
    After (`weights=per-tensor`):
    ```mlir
    %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.0078740157186985015> : ...
    %w = qopt.constant dense<0.5> : tensor<4x4xf32>
    %2 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.0039370078593492508> : ...
    %h = qopt.matmul %0, %2 {clamp_min = array<f32: 0.0>} : ...
    %1 = qopt.fake_quant %h as !quant.uniform<i8:f32, 0.019999999552965164:-128> : ...
    ```

    Precondition: every observer has a range.

    Refused, naming the layer: an observer without a range; weights that are not constant or hold
    NaN or infinities; a layer with weights whose input is on no grid; a bias that no scale fits.
  }];
  let options = [
    Option<"weights", "weights", "std::string", "\"per-channel\"",
           "one scale per output channel (per-channel) or one in all (per-tensor)">,
    Option<"weightRanges", "weight-ranges", "std::string", "\"max\"",
           "max: no weight is clipped; mse: the scale with the least squared rounding error">,
    Option<"activations", "activations", "std::string", "\"asymmetric\"",
           "asymmetric, or symmetric: zero point 0">,
    Option<"logits", "logits", "std::string", "\"float\"",
           "float: the last layer's accumulator becomes the f32 result; quantized: it is rounded to "
           "8 bits first">,
    Option<"fuseResiduals", "fuse-residuals", "bool", "true",
           "do not round between a convolution and the addition that reads it, as the contract fp32 "
           "fuses them; false for the other contracts">,
    Option<"biasBits", "bias-bits", "unsigned", "32",
           "width that biases must fit, 32 or 16: weight scales are raised until they do">,
    Option<"powerOfTwo", "power-of-two", "bool", "false",
           "raise every scale to a power of two, so that the contract power-of-two requantizes by "
           "shifts">,
  ];
}

#endif // QOPT_CALIBRATION_PASSES_TD
