// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Passes of the float level: what a network goes through before its ranges are measured.
#ifndef QOPT_TRANSFORMS_PASSES_TD
#define QOPT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldConstants : Pass<"qopt-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "evaluate reshapes and transposes of constants";
  let description = [{
    Parameters that an exporter stores in another layout become constants in the layout that the
    layers read. The new constant keeps the name of the old one.

    Before:
    ```mlir
    %w = qopt.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
    %t = qopt.transpose %w {permutation = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
    %y = qopt.matmul %x, %t : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
    ```
    After:
    ```mlir
    %w = qopt.constant dense_resource<transpose> : tensor<2x3xf32> // [[1, 3, 5], [2, 4, 6]]
    %y = qopt.matmul %x, %w : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
    ```

    Preconditions: none. Left alone: constants that are not f32, and constants behind
    `qopt.fake_quant`, whose rounding must stay.
  }];
  let statistics = [Statistic<"numFolded", "num-folded", "Ops evaluated">];
}

def FoldInputNormalization : Pass<"qopt-fold-input-normalization", "::mlir::func::FuncOp"> {
  let summary = "let the network take pixels from 0 to 255 in place of normalized values";
  let description = [{
    Networks for images are trained on `(pixel - mean) / deviation`. Such an image on an 8-bit grid
    puts pixels between two codes (`rgb / 127.5 - 1` puts every single one on a tie), while the
    pixels themselves are 8-bit codes. The first layers take in the normalization:
    `w' = w / deviation`, `b' = b - sum(w' * mean)`, in double, rounded to f32 once; so half a
    code of the mean goes into the bias. The argument gets the attribute `qopt.pixels`: from then on
    its grid is fixed, scale 1 over 0 to 255, and on the quantized level its type is
    `!quant.uniform<u8:f32, 1.0>`.

    Padding by zeros was padding by the mean. It becomes a `qopt.pad` with that value, one per
    channel where means differ: exact in float; on the grid it is the nearest pixel. With a
    mean of 127.5 padded taps are half a code off.

    Before (`mean=127.5 deviation=127.5`):
    ```mlir
    %w = qopt.constant dense<255.0> : tensor<1x1x1x1xf32>
    %y = qopt.conv2d %x, %w {pads = array<i64: 0, 0, 1, 1>}
       : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x3x3x1xf32>
    ```
    After:
    ```mlir
    %p = qopt.pad %x {high = array<i64: 0, 1, 1, 0>, low = array<i64: 0, 0, 0, 0>, value = 1.275000e+02 : f32}
       : (tensor<1x2x2x1xf32>) -> tensor<1x3x3x1xf32>
    %y = qopt.conv2d %p, %w_folded bias %b_folded // 2.0, -255.0
       : (tensor<1x3x3x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x3x3x1xf32>
    ```

    Preconditions: float level, one argument.
    Refused with an error: several arguments; an image that anything but convolutions, fully
    connected layers, transposes, reshapes and pads reads; different means behind a reshape or a
    pad; as many means or deviations as there are channels, or one, must be given, and deviations
    must be positive.
  }];
  let options = [
    ListOption<"mean", "mean", "float", "of the pixels, 0 to 255: one, or one per channel; none: 0">,
    ListOption<"deviation", "deviation", "float",
               "standard deviation of the pixels: one, or one per channel; none: 1">,
  ];
  let statistics = [Statistic<"numFolded", "num-folded", "Layers that took in the normalization">];
}

def FoldTransposes : Pass<"qopt-fold-transposes", "::mlir::func::FuncOp"> {
  let summary = "fold the transpose before a flattened image into the weights that read it";
  let description = [{
    A network from an NCHW framework flattens in that order, so that an NHWC image is transposed
    before the fully connected layer. Permuting the columns of the layer's weights instead costs
    nothing at run time and changes no product.

    Before:
    ```mlir
    %t = qopt.transpose %x {permutation = array<i64: 0, 3, 1, 2>}
       : (tensor<1x1x2x2xf32>) -> tensor<1x2x1x2xf32>
    %f = qopt.reshape %t : (tensor<1x2x1x2xf32>) -> tensor<1x4xf32>
    %w = qopt.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
    %y = qopt.matmul %f, %w : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
    ```
    After:
    ```mlir
    %f = qopt.reshape %x : (tensor<1x1x2x2xf32>) -> tensor<1x4xf32>
    %w = qopt.constant dense_resource<fc_weights> : tensor<1x4xf32> // [1, 3, 2, 4]
    %y = qopt.matmul %f, %w : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
    ```

    Preconditions: float level. Left alone: a transpose that moves the batch, values with several
    readers, weights that are not a float constant.
  }];
  let statistics = [Statistic<"numFolded", "num-folded", "Transposes folded">];
}

def FoldBatchNorm : Pass<"qopt-fold-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "fold batch normalization into the layer before it";
  let description = [{
    With `k = scale / sqrt(variance + epsilon)`, a layer `conv(x, w) + b` followed by a batch
    normalization becomes `conv(x, w * k) + (offset + (b - mean) * k)`, per output channel, in
    double, rounded to f32 once. An addition, subtraction or multiplication by a constant, one
    number or one per channel, is the same affine map and folds the same way; its clamp moves to the
    layer.

    Before:
    ```mlir
    %0 = qopt.matmul %x, %w : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
    %1 = qopt.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 0.0 : f32}
       : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
       -> tensor<1x2xf32>
    ```
    After:
    ```mlir
    %0 = qopt.matmul %x, %w_folded bias %b_folded
       : (tensor<1x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    ```

    A batch normalization without such a layer (after an input, a sum, a clamp, a layer with several
    readers) becomes a depthwise 1x1 convolution with weights `k` and bias `offset - mean * k`, so
    that no float-only op is left. A channel with scale 0 gets weights 0 and bias `offset`, whatever
    its variance.

    Preconditions: float level; parameters are constants.
    Left alone: arithmetic by a constant after a layer with several readers, with a clamp, or with
    parameters behind `qopt.fake_quant`; batch normalization with parameters that are not constant.
    Refused with an error: a channel whose variance + epsilon is not positive, unless its scale is 0.
  }];
  let statistics = [
    Statistic<"numFolded", "num-folded", "Affine ops folded into a layer">,
    Statistic<"numConverted", "num-converted", "Batch normalizations made depthwise convolutions">
  ];
}

def FuseActivations : Pass<"qopt-fuse-activations", "::mlir::func::FuncOp"> {
  let summary = "make clamps a part of the op before them";
  let description = [{
    ReLU, ReLU6 and Clip are clamps; layers and element-wise arithmetic clamp their result for
    nothing, because quantizing saturates anyway. Two clamps in a row, `[a1, b1]` then `[a2, b2]`,
    are one with the bounds of the first clamped by the second.

    Before:
    ```mlir
    %0 = qopt.add %x, %y : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
    %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    ```
    After:
    ```mlir
    %0 = qopt.add %x, %y {clamp_min = array<f32: 0.0>}
       : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
    ```

    Preconditions: none; on the quantized level the stored bounds are monotone in the real ones, so
    the fusion is exact there as well.
    Left alone: a clamp of a value with other readers, and one after an op that cannot clamp.
  }];
  let statistics = [Statistic<"numFused", "num-fused", "Clamps fused">];
}

def ZeroDeadChannels : Pass<"qopt-zero-dead-channels", "::mlir::func::FuncOp"> {
  let summary = "silence channels whose batch variance is zero";
  let description = [{
    A channel with variance near 0 is constant: its batch normalization gives `offset`. Folding
    divides its weights by `sqrt(variance + epsilon)`, so that they become huge, and a grid that
    must cover them has no resolution left for the others. This pass sets the channel's `scale` to
    0; `qopt-fold-batch-norm` then gives it weights 0 and bias `offset`, the constant it had.

    Before:
    ```mlir
    %scale = qopt.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %variance = qopt.constant dense<[1.0e-9, 4.0]> : tensor<2xf32>
    %1 = qopt.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0e-3 : f32} : ...
    ```
    After:
    ```mlir
    %scale = qopt.constant dense_resource<scale> : tensor<2xf32> // [0, 2]
    ```

    Preconditions: runs before `qopt-fold-batch-norm`, which consumes the variances.
    Left alone: batch normalization whose scale or variance is not constant; channels with
    `variance >= threshold`.
  }];
  let options = [Option<"threshold", "threshold", "double", "1e-6",
    "A channel is dead if its variance is less than this (units of the layer's output squared)">];
  let statistics = [Statistic<"numZeroed", "num-zeroed", "Channels silenced">];
}

def DropDeadChannels : Pass<"qopt-drop-dead-channels", "::mlir::func::FuncOp"> {
  let summary = "remove channels that are constant";
  let description = [{
    A channel whose weights are all 0 is constant: its clamped bias `k`. The pass follows it from the
    convolution or matmul that makes it through ops that keep channels apart (clamp, depthwise
    convolution, pooling, mean, reshape) to the convolution or matmul that reads it, adds
    `k * sum(weights that read the channel)` to that layer's bias, and removes the channel from
    every op in between. A channel that becomes constant in a depthwise convolution goes as well,
    with its live input.

    Before (channel 0 of the first layer is constant, max(0.5, 0)):
    ```mlir
    %w0 = qopt.constant dense<[[0.0, 0.0], [1.0, 2.0]]> : tensor<2x2xf32>
    %b0 = qopt.constant dense<[0.5, 0.25]> : tensor<2xf32>
    %w1 = qopt.constant dense<[[4.0, 1.0]]> : tensor<1x2xf32>
    %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>} : ... -> tensor<1x2xf32>
    %1 = qopt.matmul %0, %w1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
    ```
    After:
    ```mlir
    %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>} : ... -> tensor<1x1xf32>
    %1 = qopt.matmul %0, %w1 bias %b1 : ... -> tensor<1x1xf32> // b1 = [0.5 * 4]
    ```

    Preconditions: the last of the float passes, because equalization and others may use the slot of
    a dead channel; batch normalization is folded.
    Left alone, with a remark: a channel with `k != 0` that meets padding, where the border would
    see zeros instead of `k`. Left alone: values with several readers, grouped convolutions,
    depthwise convolutions with a channel multiplier, the last channel of a layer, and everything
    that reaches a result of the function.
  }];
  let statistics = [
    Statistic<"numDropped", "num-dropped", "Channels removed">,
    Statistic<"numRefused", "num-refused", "Dead channels kept because of padding">
  ];
}

#endif // QOPT_TRANSFORMS_PASSES_TD
