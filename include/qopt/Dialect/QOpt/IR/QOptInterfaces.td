// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What passes, engines and the code generator ask of an op. No client switches over op kinds.
#ifndef QOPT_DIALECT_QOPT_IR_INTERFACES_TD
#define QOPT_DIALECT_QOPT_IR_INTERFACES_TD

include "mlir/IR/OpBase.td"

def WeightedOpInterface : OpInterface<"WeightedOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    A layer with constant weights: convolution, depthwise convolution, fully connected. Its
    accumulator is `sum((q_x - z_x) * (q_w - z_w)) + b` per output channel.
  }];
  let methods = [
    InterfaceMethod<"The activation operand.",
      "::mlir::OpOperand &", "getActivationOperand">,
    InterfaceMethod<"The weights operand.",
      "::mlir::OpOperand &", "getWeightsOperand">,
    InterfaceMethod<"The bias, or null.",
      "::mlir::Value", "getBiasValue">,
    InterfaceMethod<"Sets, replaces or (null) removes the bias.",
      "void", "setBiasValue", (ins "::mlir::Value":$bias)>,
    InterfaceMethod<"The dimension of the weights that counts output channels.",
      "int64_t", "getOutputChannelAxis">,
    InterfaceMethod<"Products summed into one output element (K).",
      "int64_t", "getReductionSize">,
    InterfaceMethod<"Multiply-accumulates of one evaluation, padding included.",
      "int64_t", "getMacs">,
  ];
  let extraSharedClassDeclaration = [{
    ::mlir::Value getActivationValue() { return $_op.getActivationOperand().get(); }
    ::mlir::Value getWeightsValue() { return $_op.getWeightsOperand().get(); }
  }];
}

def AccumulatorOpInterface : OpInterface<"AccumulatorOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op of the quantized level that sums integers before it requantizes. The bound is over every
    input that the storage types allow and over the op's constant weights and bias.
  }];
  let methods = [
    InterfaceMethod<"Largest |accumulator|; none where weights or bias are not constant.",
      "std::optional<uint64_t>", "getAccumulatorBound">,
  ];
}

def ClampedOpInterface : OpInterface<"ClampedOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    An op that can clamp its result, in real units, with one bound or one per channel (the last
    dimension). On the quantized level a bound acts on stored values:
    `clamp(rne(bound / s) + z, qmin, qmax)`, computed in double.
  }];
  let methods = [
    InterfaceMethod<"Lower bounds, or null.",
      "::mlir::DenseF32ArrayAttr", "getClampMinAttr">,
    InterfaceMethod<"Upper bounds, or null.",
      "::mlir::DenseF32ArrayAttr", "getClampMaxAttr">,
    InterfaceMethod<"Sets the lower bounds; null removes them.",
      "void", "setClampMinAttr", (ins "::mlir::DenseF32ArrayAttr":$bounds)>,
    InterfaceMethod<"Sets the upper bounds; null removes them.",
      "void", "setClampMaxAttr", (ins "::mlir::DenseF32ArrayAttr":$bounds)>,
  ];
}

def QuantizationRuleOpInterface : OpInterface<"QuantizationRuleOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    How an op becomes quantized (the conversion from the simulated level asks for nothing else).
  }];
  let methods = [
    InterfaceMethod<[{
        - `Requantizes`: operands and result have grids of their own;
        - `SameType`: bytes move, so operands and result share one type;
        - `Lookup`: becomes a 256-entry table;
        - `FixedResult`: the result's grid is given by the op (softmax: 1/256, -128).
      }], "::qopt::QuantizationRule", "getQuantizationRule">,
  ];
}

def EvaluationOpInterface : OpInterface<"EvaluationOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    The op's meaning as plain C++: float kernels on levels 1 and 2, the reference integer kernel on
    level 3. Implemented by external models in ExecutionEngine.
  }];
  let methods = [
    InterfaceMethod<"Reads operands from the context and writes the results to it.",
      "::llvm::Error", "evaluate", (ins "::qopt::EvaluationContext &":$context)>,
  ];
}

def KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    Emits the op as a step of the kernel program (level 4). Implemented by external models in
    Codegen.
  }];
  let methods = [
    InterfaceMethod<"States what the op's kernel needs of its operands' and results' buffers.",
      "void", "requestLayouts", (ins "::qopt::codegen::LayoutPlanner &":$planner)>,
    InterfaceMethod<"Emits the kernel (or finds the one of an equal layer) and adds the step.",
      "::mlir::LogicalResult", "emitKernel", (ins "::qopt::codegen::ProgramBuilder &":$builder)>,
  ];
}

def BackwardOpInterface : OpInterface<"BackwardOpInterface"> {
  let cppNamespace = "::qopt";
  let description = [{
    Room for training: an op may say how gradients flow through it. No op does so yet.
  }];
  let methods = [
    InterfaceMethod<"Builds the gradients of the operands from those of the results.",
      "::mlir::LogicalResult", "buildBackward",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$resultGradients,
           "::llvm::SmallVectorImpl<::mlir::Value> &":$operandGradients),
      "", "return ::mlir::failure();">,
  ];
}

#endif // QOPT_DIALECT_QOPT_IR_INTERFACES_TD
