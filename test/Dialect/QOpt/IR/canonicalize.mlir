// RUN: qopt %s --canonicalize | FileCheck %s

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>

// CHECK-LABEL: func.func @reshape_identity
// CHECK-NEXT: return %arg0
func.func @reshape_identity(%x: tensor<2x3x!q8>) -> tensor<2x3x!q8> {
  %0 = qopt.reshape %x : (tensor<2x3x!q8>) -> tensor<2x3x!q8>
  return %0 : tensor<2x3x!q8>
}

// CHECK-LABEL: func.func @reshape_of_reshape
// CHECK-NEXT: qopt.reshape %arg0 : (tensor<2x3xf32>) -> tensor<3x2xf32>
// CHECK-NEXT: return
func.func @reshape_of_reshape(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %0 = qopt.reshape %x : (tensor<2x3xf32>) -> tensor<6xf32>
  %1 = qopt.reshape %0 : (tensor<6xf32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}

// CHECK-LABEL: func.func @transpose_identity
// CHECK-NEXT: return %arg0
func.func @transpose_identity(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = qopt.transpose %x {permutation = array<i64: 0, 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// NHWC -> NCHW -> NHWC, what an importer leaves between two layers.
// CHECK-LABEL: func.func @transpose_there_and_back
// CHECK-NEXT: return %arg0
func.func @transpose_there_and_back(%x: tensor<1x4x5x3xf32>) -> tensor<1x4x5x3xf32> {
  %0 = qopt.transpose %x {permutation = array<i64: 0, 3, 1, 2>}
     : (tensor<1x4x5x3xf32>) -> tensor<1x3x4x5xf32>
  %1 = qopt.transpose %0 {permutation = array<i64: 0, 2, 3, 1>}
     : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
  return %1 : tensor<1x4x5x3xf32>
}

// result.shape[i] = shape[first[second[i]]]
// CHECK-LABEL: func.func @transpose_of_transpose
// CHECK-NEXT: qopt.transpose %arg0 {permutation = array<i64: 2, 1, 0>} : (tensor<2x3x4xf32>) -> tensor<4x3x2xf32>
// CHECK-NEXT: return
func.func @transpose_of_transpose(%x: tensor<2x3x4xf32>) -> tensor<4x3x2xf32> {
  %0 = qopt.transpose %x {permutation = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %1 = qopt.transpose %0 {permutation = array<i64: 1, 0, 2>} : (tensor<3x4x2xf32>) -> tensor<4x3x2xf32>
  return %1 : tensor<4x3x2xf32>
}

// Only a dimension of size 1 moves: what flattening a 1x1 image gives.
// CHECK-LABEL: func.func @transpose_that_moves_nothing
// CHECK-NEXT: qopt.reshape %arg0 {qopt.layer = "flatten"} : (tensor<2x1x1x8xf32>) -> tensor<2x8x1x1xf32>
func.func @transpose_that_moves_nothing(%x: tensor<2x1x1x8xf32>) -> tensor<2x8x1x1xf32> {
  %0 = qopt.transpose %x {permutation = array<i64: 0, 3, 1, 2>, qopt.layer = "flatten"}
     : (tensor<2x1x1x8xf32>) -> tensor<2x8x1x1xf32>
  return %0 : tensor<2x8x1x1xf32>
}

// CHECK-LABEL: func.func @no_reshape_when_elements_move
// CHECK-NEXT: qopt.transpose
func.func @no_reshape_when_elements_move(%x: tensor<2x1x8xf32>) -> tensor<8x1x2xf32> {
  %0 = qopt.transpose %x {permutation = array<i64: 2, 1, 0>} : (tensor<2x1x8xf32>) -> tensor<8x1x2xf32>
  return %0 : tensor<8x1x2xf32>
}

// 0xFF800000 and 0x7F800000 are the infinities.
// CHECK-LABEL: func.func @clamp_identity
// CHECK-NEXT: return %arg0
func.func @clamp_identity(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.clamp %x {clamp_min = array<f32: 0xFF800000>, clamp_max = array<f32: 0x7F800000, 0x7F800000>}
     : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// CHECK-LABEL: func.func @no_fold_when_one_channel_is_clamped
// CHECK-NEXT: qopt.clamp
func.func @no_fold_when_one_channel_is_clamped(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.clamp %x {clamp_max = array<f32: 0x7F800000, 6.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// CHECK-LABEL: func.func @clamp_of_clamp
// CHECK-NEXT: qopt.clamp %arg0 {clamp_max = array<f32: 6.000000e+00, 4.000000e+00>, clamp_min = array<f32: 0.000000e+00>}
// CHECK-NEXT: return
func.func @clamp_of_clamp(%x: tensor<1x2x!q8>) -> tensor<1x2x!q8> {
  %0 = qopt.clamp %x {clamp_min = array<f32: 0.0>} : (tensor<1x2x!q8>) -> tensor<1x2x!q8>
  %1 = qopt.clamp %0 {clamp_max = array<f32: 6.0, 4.0>} : (tensor<1x2x!q8>) -> tensor<1x2x!q8>
  return %1 : tensor<1x2x!q8>
}

// CHECK-LABEL: func.func @requantize_to_same_type
// CHECK-NEXT: return %arg0
func.func @requantize_to_same_type(%x: tensor<2x!q8>) -> tensor<2x!q8> {
  %0 = qopt.requantize %x : (tensor<2x!q8>) -> tensor<2x!q8>
  return %0 : tensor<2x!q8>
}

// Simulated quantization and observers are never folded.
// CHECK-LABEL: func.func @no_fold_of_simulated_quantization
// CHECK: qopt.observe
// CHECK: qopt.fake_quant
// CHECK: qopt.fake_quant
// CHECK: qopt.quantize
// CHECK: qopt.dequantize
func.func @no_fold_of_simulated_quantization(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = qopt.observe %x {name = "x"} : (tensor<2xf32>) -> tensor<2xf32>
  %1 = qopt.fake_quant %0 as !q8 : (tensor<2xf32>) -> tensor<2xf32>
  %2 = qopt.fake_quant %1 as !q8 : (tensor<2xf32>) -> tensor<2xf32>
  %3 = qopt.quantize %2 : (tensor<2xf32>) -> tensor<2x!q8>
  %4 = qopt.dequantize %3 : (tensor<2x!q8>) -> tensor<2xf32>
  return %4 : tensor<2xf32>
}

// Parameters are not merged: each keeps its name.
// CHECK-LABEL: func.func @no_merge_of_constants
// CHECK-COUNT-2: qopt.constant
func.func @no_merge_of_constants() -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = qopt.constant {qopt.layer = "a"} dense<1.0> : tensor<2xf32>
  %1 = qopt.constant {qopt.layer = "b"} dense<1.0> : tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
