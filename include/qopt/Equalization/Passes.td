// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the float level that move scales between channels, so that one grid suits them all.
#ifndef QOPT_EQUALIZATION_PASSES_TD
#define QOPT_EQUALIZATION_PASSES_TD

include "mlir/Pass/PassBase.td"

def EqualizeCrossLayer : Pass<"qopt-equalize-cross-layer", "::mlir::func::FuncOp"> {
  let summary = "balance the weights of consecutive layers, channel by channel";
  let description = [{
    Channel c between two layers may be divided by any `s > 0` if the next layer multiplies by it:
    rows `w1[c] / s`, `b1[c] / s`, columns `w2[:, c] * s`. The pass takes `s = sqrt(r1 / r2)`, where
    `r1` is the greatest |weight| that makes the channel and `r2` the greatest that reads it, layer
    after layer, for a few rounds (Nagel 2019, Meller 2019): each further round evens out weights at
    the cost of activations, whose ranges drift apart. On MobileNet, weights per tensor and biases
    corrected, 1, 2, 3, 5, 10 and 100 rounds leave an SQNR of 13.7, 15.7, 15.9, 15.3, 14.7 and
    11.8 dB.

    A ReLU lets scales through; clamps with other bounds become clamps per channel (`6 / s` for
    ReLU6), which is exact. Channels that meet in an addition share one scale, as do those before
    and after pools, means and reshapes; a depthwise convolution has a scale on either side.

    Before:
    ```mlir
    %w0 = qopt.constant dense<[[8.0, 4.0], [0.5, 0.25]]> : tensor<2x2xf32>
    %b0 = qopt.constant dense<[4.0, 1.0]> : tensor<2xf32>
    %w1 = qopt.constant dense<[[0.5, 8.0], [0.25, 2.0]]> : tensor<2x2xf32>
    %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>} : ...
    %1 = qopt.matmul %0, %w1 : ...
    ```
    After (scales 4 and 1/4: both sides have the greatest weight 2):
    ```mlir
    // w0 = [[2, 1], [2, 1]], b0 = [1, 4], w1 = [[2, 2], [1, 0.5]]
    %0 = qopt.matmul %x, %w0 bias %b0
           {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 1.5, 24.0>} : ...
    %1 = qopt.matmul %0, %w1 : ...
    ```

    Preconditions: the float level, batch normalization folded, activations fused; before observers,
    because ranges change; before `qopt-drop-dead-channels`, which may go last.
    Left alone, with a remark that says why: layers whose output reaches a result of the network, an
    op that does not scale (softmax, sigmoid, product, ...), or a layer that shares its weights or
    whose weights are not constant. Left alone: channels without weights on one of the sides.
    Refused with an error: a network with observers or grids.
  }];
  let options = [Option<"iterations", "iterations", "unsigned", "3",
    "Most rounds over the layers; a round that moves no scale by 0.1 % is the last">];
  let statistics = [Statistic<"numScaled", "num-scaled", "Scales that are not 1">];
}

def EqualizeNoiseModel : Pass<"qopt-equalize-noise-model", "::mlir::ModuleOp"> {
  let summary = "choose all channel scales at once so that the predicted output noise is least";
  let description = [{
    Balancing weights alone makes activations worse: what a scale takes from one grid it gives to
    the next. This pass predicts the energy of the noise that 8-bit weights and activations leave in
    the network's outputs as a function of all scales (`u = log s`, zero at first):

    ```
    sum over layers         r sum_oi  F_oi (D_o^2 / 12) e^(2 u_o - 2 u_i)
    + sum over activations  sum_i     S_i (D^2 / 12) e^(2 u_i)
    D_o = max|w_oi e^(u_i - u_o)| / 127     over the row or, per tensor, over the tensor
    D   = (max_i hi_i e^(-u_i) - min_i lo_i e^(-u_i)) / 255
    ```

    The sensitivities are expected squares of derivatives, by backpropagation of random signs from
    the outputs over the data (32 runs at most): `S_i` by the values of a channel, where a clamp does
    not hold them; `F_oi` by the weights other than 0 between two channels, with inputs less their
    mean, for what a mean causes is taken back by bias correction. `r` is `weight-noise`. Ranges come
    from the data, too. Adam minimizes the logarithm at a rate that falls to zero, in double and one
    thread: the same data gives the same bytes.

    Which channels have a scale, and what happens to clamps, is as in `qopt-equalize-cross-layer`.

    Before (the data is (1, 2), (3, 4), ... (19, 20), weights per tensor):
    ```mlir
    %w0 = qopt.constant dense<[[1.0, 0.0], [0.0, 64.0]]> : tensor<2x2xf32>
    %w1 = qopt.constant dense<[[1.0, 1.0]]> : tensor<1x2xf32>
    %0 = qopt.matmul %x, %w0 {clamp_min = array<f32: 0.0>} : ...
    %1 = qopt.matmul %0, %w1 : ...
    ```
    After: the greatest values are 64 and 381, no longer 19 and 1280.
    ```mlir
    // w0 = [[3.4, 0], [0, 19]], w1 = [[0.30, 3.4]]
    ```

    Preconditions: those of `qopt-equalize-cross-layer`; example inputs.
    Left alone, with a remark: what `qopt-equalize-cross-layer` leaves alone. A remark on the network
    states the predicted energy before and after.
    Refused: no data, or data that does not fit the network (see `qopt-run-calibration`); NaN or
    infinity in it or in an activation; several networks and no `function`; observers or grids.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           ".npy file with samples along the leading dimension, or a stored .npz with one array per "
           "argument, named by qopt.name">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
    Option<"weights", "weights", "std::string", "\"per-channel\"",
           "granularity that the weights will have: per-channel or per-tensor">,
    Option<"weightNoise", "weight-noise", "double", "1.0",
           "share of the energy of nearest rounding that the weights' rounding will leave, over 0 "
           "and at most 1">,
    Option<"steps", "steps", "unsigned", "400", "steps of Adam">,
    Option<"rate", "rate", "double", "0.1", "rate of Adam at the first step, in units of log s">,
  ];
  let statistics = [Statistic<"numScaled", "num-scaled", "Scales that are not 1">];
}

def SplitIntoDeadSlots : Pass<"qopt-split-into-dead-slots", "::mlir::ModuleOp"> {
  let summary = "let constant channels carry copies of the noisiest ones";
  let description = [{
    A channel k that is constant all the way from the layer that makes it to the layer that mixes it
    is work without use. Its constant moves into the bias of the mixing layer; then k becomes a copy
    of the live channel i that puts most noise into the outputs (`S_i D^2 / 12 e^(2 u_i)` summed over
    the way, see `qopt-equalize-noise-model`): the rows of i are copied to k, and the mixing layer
    reads half of either. Every layer on the way adds -1/4 of its step to i and +1/4 to k, so that
    the two round at points half a step apart and their mean has steps of half the size; a
    depthwise layer first takes back what the layer before it has put between them. (Apart in the
    last layer alone, the copies would still share the rounding errors of all layers before it: on
    MobileNet that is 0.9 dB, weights per channel.)

    Before (channel 1 of the first layer is constant, max(0.5, 0)):
    ```mlir
    %w0 = qopt.constant dense<[[1.0, 2.0], [0.0, 0.0]]> : tensor<2x2xf32>
    %b0 = qopt.constant dense<[0.0, 0.5]> : tensor<2xf32>
    %w1 = qopt.constant dense<[[4.0, 2.0]]> : tensor<1x2xf32>
    %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>} : ...
    %1 = qopt.matmul %0, %w1 : ...
    ```
    After (`offset=0`):
    ```mlir
    // w0 = [[1, 2], [1, 2]], b0 = [0, 0], w1 = [[2, 2]], b1 = [1]
    %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>} : ...
    %1 = qopt.matmul %0, %w1 bias %b1 : ...
    ```

    With `offset=0` the network's outputs do not change; with the default they change by less than
    rounding does, where a value lies within a quarter step of its clamp.

    Preconditions: batch normalization folded; after equalization, before `qopt-drop-dead-channels`;
    example inputs. Left alone: what `qopt-drop-dead-channels` would not drop.
    Refused: as `qopt-equalize-noise-model`.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           ".npy file with samples along the leading dimension, or a stored .npz with one array per "
           "argument, named by qopt.name">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
    Option<"offset", "offset", "double", "0.25",
           "what the copies are shifted by, down and up, in steps of the activation's grid">,
  ];
  let statistics = [Statistic<"numSplit", "num-split", "Channels that got a copy">];
}

def SplitOutliers : Pass<"qopt-split-outliers", "::mlir::ModuleOp"> {
  let summary = "carry the channels that cost most accuracy twice";
  let description = [{
    A channel that is carried twice between two layers costs more to compute and less accuracy
    (Zhao 2019): the layer that reads it has half of its weights twice, so that the greatest of them
    no longer stretch the grid of a tensor; and as the copies are shifted a quarter of a step apart
    like those of `qopt-split-into-dead-slots`, the noise of their rounding is a quarter. The two
    halves of a weight are a quarter of a step apart as well: rounded to nearest they add up to the
    rounded whole.

    Copies and scales are chosen together, by the energy of `qopt-equalize-noise-model`, for what
    one large weight costs depends on the scales, and those on the large weights. Adam minimizes the
    energy; then every path between two layers may take copies of the channels that take away most,
    to first order: three quarters of their activations' noise, and `log 2` times the slope of the
    energy by their reader's greatest weights. (At a minimum many weights are the greatest; how often
    Adam met each as the greatest tells what it costs.) What takes away most per multiply-accumulate
    comes first. Four such rounds, and the scales follow after each.

    Copies may replace channels that are constant, which `qopt-drop-dead-channels` is going to
    drop: these cost nothing. Others widen the path to a multiple of `granularity`, for vectors
    compute a channel less in the same time, and take their multiply-accumulates from `share`.

    Before (`share=0.5 granularity=1 steps=0 offset=0`: one copy, scales as they are):
    ```mlir
    %w0 = qopt.constant dense<[[1.0, 2.0], [2.0, 2.0]]> : tensor<2x2xf32>
    %w1 = qopt.constant dense<[[8.0, 1.0], [2.0, 6.0]]> : tensor<2x2xf32>
    %0 = qopt.matmul %x, %w0 {clamp_min = array<f32: 0.0>}
       : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
    %1 = qopt.matmul %0, %w1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
    ```
    After: the step of `w1` falls from 8 / 127 to 6 / 127, of which 0.012 is a quarter.
    ```mlir
    // w0 = [[1, 2], [2, 2], [1, 2]], w1 = [[3.988, 1, 4.012], [0.988, 6, 1.012]]
    %0 = qopt.matmul %x, %w0 {clamp_min = array<f32: 0.0>}
       : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
    %1 = qopt.matmul %0, %w1 : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
    ```

    With `offset=0` the network's outputs do not change; with the default they change by less than
    rounding does, where a value lies within a quarter step of its clamp. Inputs and outputs of the
    network keep their shapes. A remark states the predicted energy before and after, and the
    multiply-accumulates that were added.

    Preconditions: those of `qopt-equalize-noise-model`, which this replaces; before
    `qopt-drop-dead-channels`. Left alone: channels that more than one op reads, as at a residual
    addition, that end in another op than a convolution or matmul, or come from a grouped one. They
    may still be scaled.
    Refused: as `qopt-equalize-noise-model`.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           ".npy file with samples along the leading dimension, or a stored .npz with one array per "
           "argument, named by qopt.name">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
    Option<"weights", "weights", "std::string", "\"per-tensor\"",
           "granularity that the weights will have: per-channel or per-tensor">,
    Option<"weightNoise", "weight-noise", "double", "1.0",
           "share of the energy of nearest rounding that the weights' rounding will leave, over 0 "
           "and at most 1">,
    Option<"share", "share", "double", "0.03",
           "most multiply-accumulates to add, as a share of those of the network, 0 to 1">,
    Option<"granularity", "granularity", "unsigned", "16",
           "channels are added up to a multiple of this">,
    Option<"offset", "offset", "double", "0.25",
           "what the copies are shifted by, down and up, in steps of the activation's grid">,
    Option<"steps", "steps", "unsigned", "1000",
           "steps of Adam, all rounds together; 0: scales stay as they are">,
    Option<"rate", "rate", "double", "0.1",
           "rate of Adam at the first step of a round, in units of log s">,
  ];
  let statistics = [Statistic<"numSplit", "num-split", "Channels that got a copy">];
}

#endif // QOPT_EQUALIZATION_PASSES_TD
