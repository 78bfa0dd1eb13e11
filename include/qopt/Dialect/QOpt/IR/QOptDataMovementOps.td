// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that move values without arithmetic: on the quantized level their operands and results share
// one element type.
#ifndef QOPT_DIALECT_QOPT_IR_DATAMOVEMENTOPS_TD
#define QOPT_DIALECT_QOPT_IR_DATAMOVEMENTOPS_TD

include "qopt/Dialect/QOpt/IR/QOptOpBase.td"

class QOpt_MoveOp<string mnemonic, list<Trait> traits = []> : QOpt_LayerOp<mnemonic, traits> {
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::qopt::QuantizationRule getQuantizationRule() { return QuantizationRule::SameType; }
  }];
}

def QOpt_ConcatOp : QOpt_MoveOp<"concat"> {
  let summary = "concatenation along a dimension";
  let description = [{
    Constraints:
    - C1: at least one operand; all have the result's rank and element type;
    - C2: `axis` is inside the rank; sizes along it add up, other dimensions agree.
  }];
  let arguments = (ins Variadic<QOpt_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
}

def QOpt_PadOp : QOpt_MoveOp<"pad"> {
  let summary = "constant padding";
  let description = [{
    Adds `low[d]` elements before and `high[d]` after each dimension, all equal to `value` (real
    units; on the quantized level stored as `clamp(rne(value / s) + z)`, in double).

    Constraints:
    - C1: one non-negative number per dimension in `low` and `high`;
    - C2: the result's shape follows, the element type is kept;
    - C3: `value` is not NaN.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
    DefaultValuedAttr<F32Attr, "0.0f">:$value);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def QOpt_ReshapeOp : QOpt_MoveOp<"reshape"> {
  let summary = "the same elements in another shape";
  let description = [{
    Row-major order is kept.

    Constraints:
    - C1: as many elements;
    - C2: the same element type, quantized per tensor.
  }];
  let arguments = (ins QOpt_Tensor:$input);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def QOpt_TransposeOp : QOpt_MoveOp<"transpose"> {
  let summary = "permutation of dimensions";
  let description = [{
    `result.shape[i] = input.shape[permutation[i]]`.

    Constraints:
    - C1: `permutation` permutes `0 .. rank-1`;
    - C2: the result's shape follows, the element type is kept, quantized per tensor.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def QOpt_SliceOp : QOpt_MoveOp<"slice"> {
  let summary = "a strided box of elements";
  let description = [{
    `result[i] = input[starts + i * steps]`.

    Constraints:
    - C1: one number per dimension in `starts` (>= 0) and `steps` (>= 1);
    - C2: every element read is inside the input; the element type is kept, quantized per tensor.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$steps);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def QOpt_ResizeNearestOp : QOpt_MoveOp<"resize_nearest"> {
  let summary = "nearest-neighbour upsampling by whole factors";
  let description = [{
    `result[n, y, x, c] = input[n, y / fh, x / fw, c]` with `scales = [fh, fw]`.

    Constraints:
    - C1: input and result have rank 4, scales are two numbers >= 1;
    - C2: the result's shape follows, the element type is kept.
  }];
  let arguments = (ins QOpt_Tensor:$input, DenseI64ArrayAttr:$scales);
  let results = (outs QOpt_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

#endif // QOPT_DIALECT_QOPT_IR_DATAMOVEMENTOPS_TD
