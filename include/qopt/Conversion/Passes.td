// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions between levels and dialects.
#ifndef QOPT_CONVERSION_PASSES_TD
#define QOPT_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertQOptFakeQuantToQuantized
    : Pass<"convert-qopt-fake-quant-to-quantized", "::mlir::func::FuncOp"> {
  let summary = "from the simulated level to the quantized level: types change, ops stay";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Every activation takes the type of the `qopt.fake_quant` that rounds it, weights become stored
    values, biases become i32 with the scale `s_x * s_w[c]`. The function gets `qopt.contract`.
    What each op becomes follows from its quantization rule:

    - `Requantizes` (convolution, addition, average pool, ...): its result must be rounded by a
      fake_quant, which gives the result's type. Exceptions: the last convolution or matmul may give
      f32 from its accumulator; and, under the contract `fp32`, an unrounded convolution that only
      an addition reads becomes one convolution with the other operand as `residual`, placed where
      the addition was and with its clamp.
    - `SameType` (max pool, concat, pad, reshape, ...): operands and result share one type. Operands
      of different types are requantized to the type of the fake_quant that follows.
    - `Lookup` (sigmoid, ...): becomes a `qopt.lookup` with its table.
    - `FixedResult` (softmax): the type that its formula gives.

    A fake_quant of a value that is on another grid already becomes `qopt.requantize`. Arguments are
    quantized first, results dequantized last; with `io=quantized` the function's own types change
    instead.

    Before:
    ```mlir
    func.func @fc(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
      %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : ...
      %w = qopt.constant dense<0.5> : tensor<2x4xf32>
      %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : ...
      %b = qopt.constant dense<[1.0, -2.0]> : tensor<2xf32>
      %y = qopt.matmul %0, %1 bias %b : ... -> tensor<1x2xf32>
      %2 = qopt.fake_quant %y as !quant.uniform<i8:f32, 1.0:3> : ...
      return %2 : tensor<1x2xf32>
    }
    ```
    After:
    ```mlir
    func.func @fc(%x: tensor<1x4xf32>) -> tensor<1x2xf32>
        attributes {qopt.contract = #qopt.contract<fp32>} {
      %0 = qopt.quantize %x : (tensor<1x4xf32>) -> tensor<1x4x!quant.uniform<i8:f32, 0.5>>
      %w = qopt.constant dense_resource<weights> : tensor<2x4x!quant.uniform<i8<-127:127>:f32, 0.25>>
      %b = qopt.constant dense_resource<bias> : tensor<2xi32>    // 8, -16
      %y = qopt.matmul %0, %w bias %b : ... -> tensor<1x2x!quant.uniform<i8:f32, 1.0:3>>
      %2 = qopt.dequantize %y : (tensor<1x2x!quant.uniform<i8:f32, 1.0:3>>) -> tensor<1x2xf32>
      return %2 : tensor<1x2xf32>
    }
    ```

    Precondition: the simulated level (`qopt-verify-simulated`).

    Refused, naming the layer and what to do: an op of another dialect; batch normalization; an
    observer that is left; an activation that is rounded nowhere, or by two different types, or used
    rounded and unrounded; an unrounded convolution before an addition under a contract other than
    `fp32`; operands of different types that nothing after them decides; weights without fake_quant;
    a bias that is not constant or exceeds 2^30; with `io=quantized`, an argument or a result that
    is on no grid.
  }];
  let options = [
    Option<"contract", "contract", "std::string", "\"fp32\"",
           "numeric contract: fp32, fixed, fixed-double or power-of-two">,
    Option<"io", "io", "std::string", "\"float\"",
           "float: arguments and results stay f32; quantized: they are stored values">,
  ];
  let statistics = [
    Statistic<"numResiduals", "residuals", "Number of additions fused into convolutions">,
    Statistic<"numRequantizes", "requantizes", "Number of requantize ops inserted">,
  ];
}

def ConvertQOptToKernels : Pass<"convert-qopt-to-kernels", "::mlir::ModuleOp"> {
  let summary = "from the quantized level to kernel programs";
  let description = [{
    Every public function of the quantized level becomes a kernel program on raw pointers: private
    kernels shared by equal layers, packed constants, one step function per layer, and the C ABI
    (`NAME_run`, `NAME_run_parallel`, the data object `NAME_module`). Tensors live in one static
    arena; each producer fills the halo of its result with the zero point. What was decided is left
    in the module's attribute `qopt.programs`.

    Before:
    ```mlir
    func.func @net(%x: tensor<1x8xf32>) -> (tensor<1x8x!q>) attributes {qopt.contract = #qopt.contract<fp32>} {
      %0 = qopt.quantize %x : (tensor<1x8xf32>) -> tensor<1x8x!q>
      return %0 : tensor<1x8x!q>
    }
    ```
    After:
    ```mlir
    llvm.mlir.global external constant @net_module() {...}
    func.func private @quantize_6f0c(%x: !llvm.ptr {llvm.noalias}, %y: !llvm.ptr {llvm.noalias}, %begin: index, %end: index)
    func.func private @net_step0_qopt_quantize(%context: !llvm.ptr, %task: i32)
    func.func @net_run(%inputs: !llvm.ptr, %outputs: !llvm.ptr, %workspace: !llvm.ptr, %bytes: i64) -> i32
    ```

    Precondition: the quantized level with the names of functions C identifiers. Refused: a function
    without contract, more than one block, an op without a kernel, shapes that are not static, an
    unknown target.
  }];
  let options = [
    Option<"target", "target", "std::string", "\"host\"", "target name, or host">,
    Option<"maxTasks", "max-tasks", "unsigned", "256", "most tasks that a call may ask for">,
    Option<"keepAll", "keep-all", "bool", "false",
           "keep every tensor in the workspace after a run, for debuggers">,
    Option<"patchable", "patchable", "bool", "false",
           "biases lie in writable objects, listed in qopt.programs">,
  ];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def ConvertKernelsToLLVM : Pass<"convert-qopt-kernels-to-llvm", "::mlir::ModuleOp"> {
  let summary = "lowers kernel programs to the LLVM dialect";
  let description = [{
    Upstream's conversions of func, cf, arith, math, vector, index and ub, with one type converter,
    so that `index` has the width of the target everywhere.

    Before:
    ```mlir
    %offset = arith.muli %pixel, %c64 : index
    %wide = arith.index_cast %offset : index to i64
    %address = llvm.getelementptr %tensor[%wide] : (!llvm.ptr, i64) -> !llvm.ptr, i8
    ```
    After (`index-bits=32`):
    ```mlir
    %offset = llvm.mul %pixel, %c64 : i32
    %wide = llvm.sext %offset : i32 to i64
    %address = llvm.getelementptr %tensor[%wide] : (!llvm.ptr, i64) -> !llvm.ptr, i8
    ```

    Precondition: structured control flow is gone (`convert-scf-to-cf`). Refused: an op that none of
    those conversions knows.
  }];
  let options = [
    Option<"indexBits", "index-bits", "unsigned", "64", "width of index: 64 or 32">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::vector::VectorDialect"];
}

def VerifyLLVMLevel : Pass<"qopt-verify-llvm", "::mlir::ModuleOp"> {
  let summary = "nothing but the LLVM dialect is left";
  let description = [{
    Closes the last phase: an op of any other dialect (a cast between unequal types included) is an
    error that names the op. Changes nothing.

    Accepted, and the same after:
    ```mlir
    llvm.func @kernel(%a: i32) -> i32 {
      %0 = llvm.add %a, %a : i32
      llvm.return %0 : i32
    }
    ```
    Refused: `%0 = arith.addi %a, %a : i32`
  }];
}

#endif // QOPT_CONVERSION_PASSES_TD
