// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pooling and means.
#ifndef QOPT_DIALECT_QOPT_IR_POOLINGOPS_TD
#define QOPT_DIALECT_QOPT_IR_POOLINGOPS_TD

include "qopt/Dialect/QOpt/IR/QOptOpBase.td"

def QOpt_AvgPool2DOp : QOpt_LayerOp<"avg_pool2d",
    [DeclareOpInterfaceMethods<AccumulatorOpInterface>]> {
  let summary = "2-D average pooling";
  let description = [{
    Input `[N, H, W, C]`, `kernel` `[KH, KW]`. With `count_include_pad` every tap counts, else only
    those inside the input. Quantized: `acc = sum(q_x - z_x)` over the taps inside,
    `q_y = clamp(requant(acc, s_x / (s_y * count)) + z_y)` with the count of that window; contract
    `fp32`: `M = f32(s_x / f32(s_y * count))`.

    Constraints:
    - C1: input and result have rank 4 and as many channels;
    - C2: kernel and strides are two numbers >= 1, pads four numbers >= 0, each less than the kernel;
    - C3: the result's shape follows;
    - C4: quantized types are per tensor.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads, UnitAttr:$count_include_pad);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::Requantizes; }
  }];
}

def QOpt_MaxPool2DOp : QOpt_LayerOp<"max_pool2d"> {
  let summary = "2-D max pooling";
  let description = [{
    Quantized: the greatest stored value of the window; bytes move. Padding is the least storage
    value, which never wins.

    Constraints:
    - C1: input and result have rank 4, as many channels and the same element type, quantized per
      tensor if at all;
    - C2: kernel, strides and dilations are two numbers >= 1, pads four numbers >= 0 and less than
      the kernel's extent, so that no window is empty;
    - C3: the result's shape follows.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$kernel,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
    DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
    DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::SameType; }
  }];
}

def QOpt_ReduceMeanOp : QOpt_LayerOp<"reduce_mean",
    [DeclareOpInterfaceMethods<AccumulatorOpInterface>]> {
  let summary = "mean over some dimensions";
  let description = [{
    Global average pooling is a mean over dimensions 1 and 2. Quantized as `qopt.avg_pool2d` with
    `count` the number of reduced elements.

    Constraints:
    - C1: axes are distinct, ascending and inside the rank;
    - C2: the result's shape is the input's with reduced dimensions 1 (`keep_dims`) or gone;
    - C3: quantized types are per tensor.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::Requantizes; }
  }];
}

#endif // QOPT_DIALECT_QOPT_IR_POOLINGOPS_TD
