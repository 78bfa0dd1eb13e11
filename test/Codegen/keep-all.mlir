// RUN: qopt %s --qopt-lower-to-kernels="target=generic keep-all" --split-input-file | FileCheck %s

// For a debugger every tensor stays in the workspace, none shares bytes or lies in an output, and
// the module says where it is.

!q = !quant.uniform<i8:f32, 0.5:3>

// CHECK: arena_bytes = 192 : i64, arena_lower_bound = 128
// CHECK-SAME: tensors = [{flipped = false, float = false, halo = array<i64: 0, 0, 0, 0>, layer = "first"
// CHECK-SAME: layout = array<i64: 1, 1, 1, 4, 4, 4, 4, 1>, offset = [[A:[0-9]+]] : i64, op = 0 : i64, result = 0 : i64}
// CHECK-SAME: op = 1
// CHECK-SAME: float = true
// CHECK-SAME: op = 2
func.func @net(%x: tensor<1x4xf32>) -> tensor<1x4xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.quantize %x {qopt.layer = "first"} : (tensor<1x4xf32>) -> tensor<1x4x!q>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<1x4x!q>) -> tensor<1x4x!q>
  %2 = qopt.dequantize %1 : (tensor<1x4x!q>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

// Another name for the caller's bytes would leave with the call: they are copied first.

!q = !quant.uniform<i8:f32, 0.5:3>

// CHECK-LABEL: arena_bytes = 64
// CHECK-SAME: steps = [{constant_bytes = 0 : i64, copy,
// CHECK-SAME: tensors = [{{{.*}}layer = "flat", layout = array<i64: 1, 1, 1, 8, 8, 8, 8, 1>
func.func @rename(%x: tensor<1x1x2x4x!q>) -> tensor<1x8x!q>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.reshape %x {qopt.layer = "flat"} : (tensor<1x1x2x4x!q>) -> tensor<1x8x!q>
  return %0 : tensor<1x8x!q>
}
