// RUN: qopt %s --qopt-fuse-activations | FileCheck %s

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-128>

// CHECK-LABEL: func.func @add
func.func @add(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  // CHECK: qopt.add %{{.*}}, %{{.*}} {clamp_max = array<f32: 6.000000e+00>, clamp_min = array<f32: 0.000000e+00>}
  // CHECK-NEXT: return
  %0 = qopt.add %x, %x : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>}
     : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1 : tensor<1x4xf32>
}

// The bounds of the first clamp, clamped by the second's: [min(max(1, 2), 3), min(max(9, 2), 3)].
// CHECK-LABEL: func.func @intersect
func.func @intersect(%x: tensor<1x2xf32>, %w: tensor<2x2xf32>) -> tensor<1x2xf32> {
  // CHECK: qopt.matmul %{{.*}} {clamp_max = array<f32: 3.000000e+00, 9.000000e+00>, clamp_min = array<f32: 2.000000e+00, 1.000000e+00>}
  // CHECK-NEXT: return
  %0 = qopt.matmul %x, %w {clamp_min = array<f32: 1.0>, clamp_max = array<f32: 9.0>}
     : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 2.0, -1.0>, clamp_max = array<f32: 3.0, 10.0>}
     : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// Ranges that do not meet give a constant, as the two clamps did.
// CHECK-LABEL: func.func @disjoint
func.func @disjoint(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // CHECK: qopt.mul %{{.*}} {clamp_max = array<f32: 5.000000e+00>, clamp_min = array<f32: 5.000000e+00>}
  %0 = qopt.mul %x, %x {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 1.0>}
     : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 5.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// CHECK-LABEL: func.func @quantized
func.func @quantized(%x: tensor<1x2x!q8>, %w: tensor<2x2x!q8>) -> tensor<1x2x!q8> {
  // CHECK: qopt.matmul %{{.*}} {clamp_min = array<f32: 0.000000e+00>}
  // CHECK-NEXT: return
  %0 = qopt.matmul %x, %w : (tensor<1x2x!q8>, tensor<2x2x!q8>) -> tensor<1x2x!q8>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<1x2x!q8>) -> tensor<1x2x!q8>
  return %1 : tensor<1x2x!q8>
}

// CHECK-LABEL: func.func @no_fuse_when_value_has_two_readers
func.func @no_fuse_when_value_has_two_readers(%x: tensor<1x2xf32>)
    -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  // CHECK: qopt.clamp
  %0 = qopt.add %x, %x : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0, %1 : tensor<1x2xf32>, tensor<1x2xf32>
}

// CHECK-LABEL: func.func @no_fuse_when_producer_cannot_clamp
func.func @no_fuse_when_producer_cannot_clamp(%x: tensor<1x2xf32>) -> tensor<2x1xf32> {
  // CHECK: qopt.clamp
  %0 = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<2x1xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<2x1xf32>) -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}

// An accumulator that becomes f32 directly has no clamp.
// CHECK-LABEL: func.func @no_fuse_when_result_is_dequantized
func.func @no_fuse_when_result_is_dequantized(%x: tensor<1x2x!q8>, %w: tensor<2x2x!q8>)
    -> tensor<1x2xf32> {
  // CHECK: qopt.clamp
  %0 = qopt.matmul %x, %w : (tensor<1x2x!q8>, tensor<2x2x!q8>) -> tensor<1x2xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
