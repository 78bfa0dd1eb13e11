// RUN: qopt %s --qopt-fold-transposes --split-input-file | FileCheck %s

// Element (h, w, c) of the image was column c * 2 + w and becomes column w * 2 + c.
// CHECK-LABEL: func.func @flatten
func.func @flatten(%x: tensor<1x1x2x2xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  // CHECK: %[[F:.*]] = qopt.reshape %arg0 : (tensor<1x1x2x2xf32>) -> tensor<1x4xf32>
  // CHECK: %[[W:.*]] = qopt.constant dense_resource<fc_weights>
  // CHECK: qopt.matmul %[[F]], %[[W]]
  %t = qopt.transpose %x {permutation = array<i64: 0, 3, 1, 2>}
     : (tensor<1x1x2x2xf32>) -> tensor<1x2x1x2xf32>
  %f = qopt.reshape %t : (tensor<1x2x1x2xf32>) -> tensor<1x4xf32>
  %y = qopt.matmul %f, %w {qopt.layer = "fc"} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
// [1, 3, 2, 4]
// CHECK: fc_weights: "0x100000000000803F000040400000004000008040"

// -----

// Two images, two rows of weights, a permutation that is not its own inverse: column
// c * 6 + h * 3 + w becomes column h * 6 + w * 2 + c.
// CHECK-LABEL: func.func @rows
func.func @rows(%x: tensor<2x2x3x2xf32>) -> tensor<2x2xf32> {
  %w = qopt.constant dense<[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0],
                            [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]>
     : tensor<2x12xf32>
  %t = qopt.transpose %x {permutation = array<i64: 0, 3, 1, 2>}
     : (tensor<2x2x3x2xf32>) -> tensor<2x2x2x3xf32>
  %f = qopt.reshape %t : (tensor<2x2x2x3xf32>) -> tensor<2x12xf32>
  %y = qopt.matmul %f, %w {qopt.layer = "fc2"}
     : (tensor<2x12xf32>, tensor<2x12xf32>) -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}
// [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]
// CHECK: fc2_weights: "0x10000000000000000000C0400000803F0000E040000000400000004100004040000010410000804000002041

// -----

// CHECK-LABEL: func.func @no_fold_when_batch_moves
func.func @no_fold_when_batch_moves(%x: tensor<2x3xf32>) -> tensor<3x1xf32> {
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  // CHECK: qopt.transpose
  %t = qopt.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %f = qopt.reshape %t : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %y = qopt.matmul %f, %w : (tensor<3x2xf32>, tensor<1x2xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_fold_when_image_has_two_readers
func.func @no_fold_when_image_has_two_readers(%x: tensor<1x2x2xf32>)
    -> (tensor<1x1xf32>, tensor<1x4xf32>) {
  %w = qopt.constant dense<1.0> : tensor<1x4xf32>
  // CHECK: qopt.transpose
  %t = qopt.transpose %x {permutation = array<i64: 0, 2, 1>}
     : (tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %f = qopt.reshape %t : (tensor<1x2x2xf32>) -> tensor<1x4xf32>
  %y = qopt.matmul %f, %w : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %y, %f : tensor<1x1xf32>, tensor<1x4xf32>
}

// -----

// CHECK-LABEL: func.func @no_fold_when_weights_are_not_constant
func.func @no_fold_when_weights_are_not_constant(%x: tensor<1x2x2xf32>, %w: tensor<1x4xf32>)
    -> tensor<1x1xf32> {
  // CHECK: qopt.transpose
  %t = qopt.transpose %x {permutation = array<i64: 0, 2, 1>}
     : (tensor<1x2x2xf32>) -> tensor<1x2x2xf32>
  %f = qopt.reshape %t : (tensor<1x2x2xf32>) -> tensor<1x4xf32>
  %y = qopt.matmul %f, %w : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
