// RUN: qopt %s --qopt-equalize-cross-layer --split-input-file | FileCheck %s

// Scales 4 and 1/4: both sides have the greatest weight 2, and the clip is 6 / s.
// CHECK-LABEL: func.func @relu6
func.func @relu6(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w0 = qopt.constant dense<[[8.0, 4.0], [0.5, 0.25]]> : tensor<2x2xf32>
  %b0 = qopt.constant dense<[4.0, 1.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<[[0.5, 8.0], [0.25, 2.0]]> : tensor<2x2xf32>
  // CHECK: qopt.matmul {{.*}} {clamp_max = array<f32: 1.500000e+00, 2.400000e+01>, clamp_min = array<f32: 0.000000e+00>, qopt.layer = "a"}
  %0 = qopt.matmul %x, %w0 bias %b0
       {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>, qopt.layer = "a"}
     : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
// [[2, 1], [2, 1]]; [1, 4]; [[2, 2], [1, 0.5]]
// CHECK-DAG: a_weights: "0x10000000000000400000803F000000400000803F"
// CHECK-DAG: a_bias: "0x100000000000803F00008040"
// CHECK-DAG: b_weights: "0x1000000000000040000000400000803F0000003F"

// -----

// A depthwise convolution has a scale on either side. Where all four weights of the chain multiply
// to 16 * 1 * 1 each side ends near 16^(1/3); channel 1, all ones, stays.
// CHECK-LABEL: func.func @depthwise
func.func @depthwise(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w0 = qopt.constant dense<[[[[16.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %w1 = qopt.constant dense<1.0> : tensor<1x1x2xf32>
  %w2 = qopt.constant dense<1.0> : tensor<1x1x1x2xf32>
  // CHECK: qopt.conv2d {{.*}} {clamp_max = array<f32: 0.9{{[0-9]*}}, 6.000000e+00>
  %0 = qopt.conv2d %x, %w0 {clamp_max = array<f32: 6.0>}
     : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x4x4x2xf32>
  // CHECK: qopt.depthwise_conv2d {{.*}} {clamp_max = array<f32: 2.{{[0-9e+]*}}, 6.000000e+00>
  %1 = qopt.depthwise_conv2d %0, %w1 {clamp_max = array<f32: 6.0>}
     : (tensor<1x4x4x2xf32>, tensor<1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.conv2d %1, %w2 : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x1xf32>
  return %2 : tensor<1x4x4x1xf32>
}

// -----

// What meets in an addition has one scale: here 16, so that 256 and 1 become 16 and 16. A pool and
// a reshape hand it on to the reader.
// CHECK-LABEL: func.func @residual
func.func @residual(%x: tensor<1x2x2x1xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<256.0> : tensor<1x1x1x1xf32>
  %w1 = qopt.constant dense<128.0> : tensor<1x1x1x1xf32>
  %w2 = qopt.constant dense<1.0> : tensor<1x4xf32>
  %0 = qopt.conv2d %x, %w0 {qopt.layer = "a"}
     : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %1 = qopt.conv2d %x, %w1 {qopt.layer = "b"}
     : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  // CHECK: qopt.add {{.*}} {clamp_max = array<f32: 3.750000e-01>}
  %2 = qopt.add %0, %1 {clamp_max = array<f32: 6.0>}
     : (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %3 = qopt.reshape %2 : (tensor<1x2x2x1xf32>) -> tensor<1x4xf32>
  %4 = qopt.matmul %3, %w2 {qopt.layer = "fc"} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %4 : tensor<1x1xf32>
}
// CHECK-DAG: a_weights: "0x1000000000008041"
// CHECK-DAG: b_weights: "0x1000000000000041"
// CHECK-DAG: fc_weights: "0x1000000000008041000080410000804100008041"

// -----

// A channel that nothing makes has nothing to balance.
// CHECK-LABEL: func.func @dead_channel
func.func @dead_channel(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[0.0], [4.0]]> : tensor<2x1xf32>
  %w1 = qopt.constant dense<[[8.0, 1.0]]> : tensor<1x2xf32>
  // CHECK: clamp_max = array<f32: 6.000000e+00, 3.000000e+00>
  %0 = qopt.matmul %x, %w0 {clamp_max = array<f32: 6.0>}
     : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
