// RUN: qopt %s --qopt-fold-input-normalization="mean=10.0,20.0 deviation=2.0,4.0" | FileCheck %s

// Means that differ pad every channel with its own.
// CHECK-LABEL: func.func @channels
// CHECK-SAME: deviation = array<f32: 2.000000e+00, 4.000000e+00>, mean = array<f32: 1.000000e+01, 2.000000e+01>
func.func @channels(%x: tensor<1x2x2x2xf32>) -> tensor<1x3x2x1xf32> {
  %w = qopt.constant dense<8.0> : tensor<1x1x1x2xf32>
  // CHECK: %[[A:.*]] = qopt.slice %arg0 {starts = array<i64: 0, 0, 0, 0>
  // CHECK: %[[PA:.*]] = qopt.pad %[[A]] {{.*}}value = 1.000000e+01 : f32
  // CHECK: %[[B:.*]] = qopt.slice %arg0 {starts = array<i64: 0, 0, 0, 1>
  // CHECK: %[[PB:.*]] = qopt.pad %[[B]] {{.*}}value = 2.000000e+01 : f32
  // CHECK: %[[P:.*]] = qopt.concat %[[PA]], %[[PB]] {axis = 3 : i64}
  // CHECK: qopt.conv2d %[[P]]
  %y = qopt.conv2d %x, %w {pads = array<i64: 1, 0, 0, 0>, qopt.layer = "first"}
     : (tensor<1x2x2x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x3x2x1xf32>
  return %y : tensor<1x3x2x1xf32>
}
// -(4·10 + 2·20), and 4, 2
// CHECK-DAG: first_bias: "0x100000000000A0C2"
// CHECK-DAG: first_weights: "0x100000000000804000000040"
