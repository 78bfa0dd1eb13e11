// RUN: qopt %s --split-input-file --qopt-fold-input-normalization="mean=127.5 deviation=127.5" | FileCheck %s
// RUN: qopt %s --split-input-file --qopt-fold-input-normalization | FileCheck %s --check-prefix=NONE

// (p - 127.5) / 127.5 * 255 = 2 p - 255; what was padded with zeros is padded with the mean.
// CHECK-LABEL: func.func @padded
// CHECK-SAME: qopt.pixels = {axis = 3 : i64, deviation = array<f32: 1.275000e+02>, mean = array<f32: 1.275000e+02>}
// NONE-LABEL: func.func @padded
// NONE-SAME: qopt.pixels = {axis = 3 : i64, deviation = array<f32: 1.000000e+00>, mean = array<f32: 0.000000e+00>}
// NONE: qopt.conv2d %arg0
func.func @padded(%x: tensor<1x2x2x1xf32>) -> tensor<1x3x3x1xf32> {
  %w = qopt.constant dense<255.0> : tensor<1x1x1x1xf32>
  // CHECK: %[[P:.*]] = qopt.pad %arg0 {high = array<i64: 0, 1, 1, 0>, low = array<i64: 0, 0, 0, 0>, {{.*}}value = 1.275000e+02 : f32}
  // CHECK: qopt.conv2d %[[P]], %{{.*}} bias %
  // CHECK-NOT: pads = array<i64: 0, 0, 1, 1>
  %y = qopt.conv2d %x, %w {pads = array<i64: 0, 0, 1, 1>, qopt.layer = "first"}
     : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x3x3x1xf32>
  return %y : tensor<1x3x3x1xf32>
}
// 2.0 and -255.0
// CHECK-DAG: first_bias: "0x1000000000007FC3"
// CHECK-DAG: first_weights: "0x1000000000000040"

// -----

// The channels of an NCHW image are behind its transpose; a fully connected layer has no border.
// CHECK-LABEL: func.func @transposed
// CHECK-SAME: axis = 1 : i64
func.func @transposed(%x: tensor<1x3x2x2xf32>) -> tensor<1x2x2x1xf32> {
  %t = qopt.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x2x2xf32>) -> tensor<1x2x2x3xf32>
  %w = qopt.constant dense<127.5> : tensor<1x1x1x3xf32>
  // CHECK-NOT: qopt.pad
  // CHECK: qopt.conv2d %{{.*}}, %{{.*}} bias %
  %y = qopt.conv2d %t, %w {qopt.layer = "first"} : (tensor<1x2x2x3xf32>, tensor<1x1x1x3xf32>) -> tensor<1x2x2x1xf32>
  return %y : tensor<1x2x2x1xf32>
}
// 3 times 1.0; -3 times 127.5
// CHECK-DAG: first_bias: "0x100000000040BFC3"
// CHECK-DAG: first_weights: "0x100000000000803F0000803F0000803F"

// -----

// An exporter's own padding is of normalized values as well.
// CHECK-LABEL: func.func @exported_padding
func.func @exported_padding(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // CHECK: qopt.pad {{.*}} value = 2.550000e+02 : f32
  %p = qopt.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 0>, value = 1.0 : f32} : (tensor<1x1xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %y = qopt.matmul %p, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
