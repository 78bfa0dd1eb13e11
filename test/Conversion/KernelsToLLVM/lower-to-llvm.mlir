// RUN: qopt %s --qopt-lower-to-kernels=target=generic --qopt-lower-to-llvm | FileCheck %s
// RUN: qopt %s --qopt-lower-to-kernels=target=generic --qopt-lower-to-llvm=index-bits=32 | FileCheck %s --check-prefix=NARROW
// RUN: qopt %s --qopt-lower-to-kernels=target=generic --qopt-lower-to-llvm | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=IR

// All of it becomes the LLVM dialect; index has the width of the target.

!q = !quant.uniform<i8:f32, 0.5:3>

// CHECK: llvm.func internal @quantize_{{.*}}(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64)
// CHECK-SAME: "no-builtins", "nounwind", "noinline"
// CHECK: llvm.func @net_run(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64) -> i32
// CHECK-NOT: {{(func|arith|scf|cf|vector|builtin)\.}}

// NARROW: llvm.func internal @quantize_{{.*}}(%{{.*}}: i32, %{{.*}}: i32)
// NARROW: llvm.func @net_run({{.*}}: i64) -> i32

// IR: @net_module = constant { i32, i32, i32, i32, ptr, ptr, ptr, ptr, i32, i32, ptr, ptr, i32, i32, i64, i64, ptr } { i32 1414549329, i32 1, i32 104, i32 1, ptr @net_name, ptr @net_target, ptr @net_features, ptr @net_compiler, i32 1, i32 1, ptr @net_inputs, ptr @net_outputs, i32 64, i32 256, i64 0, i64 0, ptr @net_call }
// IR: define i32 @net_run(
func.func @net(%x: tensor<1x4xf32>) -> tensor<1x4x!q>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.quantize %x : (tensor<1x4xf32>) -> tensor<1x4x!q>
  return %0 : tensor<1x4x!q>
}
