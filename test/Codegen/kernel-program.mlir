// RUN: qopt %s --qopt-lower-to-kernels=target=generic | FileCheck %s

// The shape of a program: kernels on pointers, a step per layer, the entry points of the C ABI and
// the data object. The order of a step's pointers is operands, constants, results.

!q = !quant.uniform<i8:f32, 0.5:3>

// CHECK: qopt.programs = [{alignment = 64 : i64, arena_bytes = [[ARENA:[0-9]+]] : i64, arena_lower_bound = [[ARENA]] : i64
// CHECK-SAME: network = "net"

func.func @net(%x: tensor<1x8x8x3xf32> {qopt.name = "image"})
    -> (tensor<1x8x8x3xf32> {qopt.name = "out"})
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.quantize %x : (tensor<1x8x8x3xf32>) -> tensor<1x8x8x3x!q>
  %1 = qopt.max_pool2d %0 {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, qopt.layer = "the/pool"}
      : (tensor<1x8x8x3x!q>) -> tensor<1x8x8x3x!q>
  %2 = qopt.max_pool2d %1 {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x8x8x3x!q>) -> tensor<1x8x8x3x!q>
  %3 = qopt.dequantize %2 : (tensor<1x8x8x3x!q>) -> tensor<1x8x8x3xf32>
  return %3 : tensor<1x8x8x3xf32>
}

// Kernels are private, do a range of units, and may assume that nothing aliases.
// CHECK: func.func private @[[QUANTIZE:quantize_[0-9a-f]+]](%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: index, %{{.*}}: index)
// CHECK-SAME: llvm.linkage = #llvm.linkage<internal>
// CHECK-SAME: passthrough = {{.*}}"no-builtins"
// CHECK: scf.for
// CHECK: arith.divf

// The input is the caller's, the result lies in the workspace.
// CHECK: func.func private @net_step0_qopt_quantize(%[[CONTEXT:.*]]: !llvm.ptr, %{{.*}}: i32)
// CHECK-DAG: %[[INPUTS:.*]] = llvm.getelementptr %[[CONTEXT]][0, 0]
// CHECK-DAG: %[[WORKSPACE:.*]] = llvm.getelementptr %[[CONTEXT]][0, 2]
// CHECK: call @[[QUANTIZE]](

// Equal layers share a kernel; names of layers become identifiers.
// CHECK: func.func private @[[POOL:max_pool2d_[0-9a-f]+]](
// CHECK: func.func private @net_step1_the_pool(
// CHECK: call @[[POOL]](
// CHECK-NOT: func.func private @max_pool2d
// CHECK: func.func private @net_step2_qopt_max_pool2d(
// CHECK: call @[[POOL]](

// CHECK: func.func private @net_step3_qopt_dequantize(%[[CONTEXT3:.*]]: !llvm.ptr
// CHECK: llvm.getelementptr %[[CONTEXT3]][0, 1]

// CHECK: func.func private @net_check({{.*}}) -> i32
// CHECK: func.func private @net_execute(
// CHECK: func.func @net_run(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64) -> i32
// CHECK: func.func @net_run_parallel({{.*}}) -> i32
// CHECK: func.func private @net_call(%{{.*}}: !llvm.ptr) -> i32
// CHECK: llvm.mlir.global internal constant @net_target("generic\00")
// CHECK: llvm.mlir.global internal constant @net_input0_name("image\00")
// CHECK: llvm.mlir.global external constant @net_module()
