// RUN: qopt %s --qopt-drop-dead-channels --split-input-file --verify-diagnostics | FileCheck %s

// Channel 0 is the constant max(0.5, 0); the next layer reads it with weight 4.
// CHECK-LABEL: func.func @matmul
func.func @matmul(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[0.0, 0.0], [1.0, 2.0]]> : tensor<2x2xf32>
  %b0 = qopt.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %w1 = qopt.constant dense<[[4.0, 1.0]]> : tensor<1x2xf32>
  // CHECK: qopt.matmul %arg0, %{{.*}} bias %{{.*}} {clamp_min = array<f32: 0.000000e+00>, qopt.layer = "a"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  // CHECK: qopt.matmul %{{.*}}, %{{.*}} bias %{{.*}} {qopt.layer = "b"} : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>, qopt.layer = "a"}
     : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
// 0.25; [1, 2]; 0.5 * 4; 1
// CHECK-DAG: a_bias: "0x100000000000803E"
// CHECK-DAG: a_weights: "0x100000000000803F00000040"
// CHECK-DAG: b_bias: "0x1000000000000040"
// CHECK-DAG: b_weights: "0x100000000000803F"

// -----

// The channel goes through a depthwise convolution (constant 3 * 2 + 1 = 7, clamped to 6), pools, a
// mean and a reshape. Clamp bounds per channel go with it.
// CHECK-LABEL: func.func @through_depthwise
func.func @through_depthwise(%x: tensor<1x4x4x1xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %b0 = qopt.constant dense<[3.0, 0.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<[[[2.0, 5.0]]]> : tensor<1x1x2xf32>
  %b1 = qopt.constant dense<[1.0, 4.0]> : tensor<2xf32>
  %w2 = qopt.constant dense<[[10.0, 1.0]]> : tensor<1x2xf32>
  // CHECK: qopt.conv2d {{.*}} -> tensor<1x4x4x1xf32>
  // CHECK: qopt.depthwise_conv2d {{.*}} {clamp_max = array<f32: 8.000000e+00>, qopt.layer = "dw"} {{.*}} -> tensor<1x4x4x1xf32>
  // CHECK: qopt.max_pool2d {{.*}} -> tensor<1x2x2x1xf32>
  // CHECK: qopt.reduce_mean {{.*}} -> tensor<1x1x1x1xf32>
  // CHECK: qopt.reshape {{.*}} -> tensor<1x1xf32>
  // CHECK: qopt.matmul
  %0 = qopt.conv2d %x, %w0 bias %b0
     : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.depthwise_conv2d %0, %w1 bias %b1 {clamp_max = array<f32: 6.0, 8.0>, qopt.layer = "dw"}
     : (tensor<1x4x4x2xf32>, tensor<1x1x2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.max_pool2d %1 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>}
     : (tensor<1x4x4x2xf32>) -> tensor<1x2x2x2xf32>
  %3 = qopt.reduce_mean %2 {axes = array<i64: 1, 2>, keep_dims}
     : (tensor<1x2x2x2xf32>) -> tensor<1x1x1x2xf32>
  %4 = qopt.reshape %3 : (tensor<1x1x1x2xf32>) -> tensor<1x2xf32>
  %5 = qopt.matmul %4, %w2 {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %5 : tensor<1x1xf32>
}
// 6 * 10
// CHECK: fc_bias: "0x1000000000007042"

// -----

// The depthwise convolution alone is dead: its live input channel goes too. Its zero weights read no
// padding.
// CHECK-LABEL: func.func @dead_in_depthwise
func.func @dead_in_depthwise(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w0 = qopt.constant dense<1.0> : tensor<2x1x1x1xf32>
  %w1 = qopt.constant dense<[[[0.0, 5.0]]]> : tensor<1x1x2xf32>
  %w2 = qopt.constant dense<1.0> : tensor<1x1x1x2xf32>
  // CHECK: qopt.conv2d {{.*}} -> tensor<1x4x4x1xf32>
  // CHECK: qopt.depthwise_conv2d {{.*}} -> tensor<1x6x6x1xf32>
  // CHECK: qopt.conv2d {{.*}} -> tensor<1x4x4x1xf32>
  %0 = qopt.conv2d %x, %w0 : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.depthwise_conv2d %0, %w1 {pads = array<i64: 1, 1, 1, 1>}
     : (tensor<1x4x4x2xf32>, tensor<1x1x2xf32>) -> tensor<1x6x6x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x3x3x2xf32>
  %2 = qopt.conv2d %1, %w : (tensor<1x6x6x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x4x4x1xf32>
  return %2 : tensor<1x4x4x1xf32>
}

// -----

// A constant 0 is what padding holds anyway.
// CHECK-LABEL: func.func @zero_meets_padding
func.func @zero_meets_padding(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w0 = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %b0 = qopt.constant dense<[-3.0, 0.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<1.0> : tensor<1x3x3x2xf32>
  // CHECK: qopt.conv2d {{.*}} -> tensor<1x4x4x1xf32>
  // CHECK: qopt.conv2d {{.*}} : (tensor<1x4x4x1xf32>, tensor<1x3x3x1xf32>)
  %0 = qopt.conv2d %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>}
     : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.conv2d %0, %w1 {pads = array<i64: 1, 1, 1, 1>}
     : (tensor<1x4x4x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x4x4x1xf32>
  return %1 : tensor<1x4x4x1xf32>
}

// -----

// A flattened image: channel c is every second column. 2 * (1 + 3) goes into the bias.
// CHECK-LABEL: func.func @flattened
func.func @flattened(%x: tensor<1x1x2x1xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %b0 = qopt.constant dense<[2.0, 0.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  // CHECK: qopt.reshape %{{.*}} : (tensor<1x1x2x1xf32>) -> tensor<1x2xf32>
  // CHECK: qopt.matmul
  %0 = qopt.conv2d %x, %w0 bias %b0
     : (tensor<1x1x2x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x1x2x2xf32>
  %1 = qopt.reshape %0 : (tensor<1x1x2x2xf32>) -> tensor<1x4xf32>
  %2 = qopt.matmul %1, %w1 {qopt.layer = "flat"} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}
// CHECK-DAG: flat_bias: "0x1000000000000041"
// CHECK-DAG: flat_weights: "0x100000000000004000008040"

// -----

// The border would see zeros instead of 3.
// CHECK-LABEL: func.func @no_drop_when_padded
func.func @no_drop_when_padded(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w0 = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %b0 = qopt.constant dense<[3.0, 0.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<1.0> : tensor<1x3x3x2xf32>
  // CHECK: qopt.conv2d {{.*}} -> tensor<1x4x4x2xf32>
  %0 = qopt.conv2d %x, %w0 bias %b0
     : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  // expected-remark @+1 {{'reader' pads with zeros, so its input channel 0, constant 3}}
  %1 = qopt.conv2d %0, %w1 {pads = array<i64: 1, 1, 1, 1>, qopt.layer = "reader"}
     : (tensor<1x4x4x2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x4x4x1xf32>
  return %1 : tensor<1x4x4x1xf32>
}

// -----

// 1 - 3 * 9 inside, 1 - 3 * 4 in a corner: zero either way after the clamp.
// CHECK-LABEL: func.func @drop_when_the_clamp_hides_padding
func.func @drop_when_the_clamp_hides_padding(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w0 = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %b0 = qopt.constant dense<[3.0, 0.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<-1.0> : tensor<3x3x2xf32>
  %b1 = qopt.constant dense<[1.0, 9.0]> : tensor<2xf32>
  %w2 = qopt.constant dense<1.0> : tensor<1x1x1x2xf32>
  %0 = qopt.conv2d %x, %w0 bias %b0
     : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  // CHECK: qopt.depthwise_conv2d {{.*}} -> tensor<1x4x4x1xf32>
  %1 = qopt.depthwise_conv2d %0, %w1 bias %b1 {pads = array<i64: 1, 1, 1, 1>, clamp_min = array<f32: 0.0>}
     : (tensor<1x4x4x2xf32>, tensor<3x3x2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.conv2d %1, %w2 : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x1xf32>
  return %2 : tensor<1x4x4x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_drop_when_depthwise_pads
func.func @no_drop_when_depthwise_pads(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x1xf32> {
  %w0 = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  %b0 = qopt.constant dense<[3.0, 0.0]> : tensor<2xf32>
  %w1 = qopt.constant dense<1.0> : tensor<3x3x2xf32>
  %w2 = qopt.constant dense<1.0> : tensor<1x1x1x2xf32>
  // CHECK: qopt.depthwise_conv2d {{.*}} -> tensor<1x4x4x2xf32>
  %0 = qopt.conv2d %x, %w0 bias %b0
     : (tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  // expected-remark @+1 {{'dw' pads with zeros, so its input channel 0, constant 3}}
  %1 = qopt.depthwise_conv2d %0, %w1 {pads = array<i64: 1, 1, 1, 1>, qopt.layer = "dw"}
     : (tensor<1x4x4x2xf32>, tensor<3x3x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.conv2d %1, %w2 : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x1xf32>
  return %2 : tensor<1x4x4x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_drop_when_result_of_function
func.func @no_drop_when_result_of_function(%x: tensor<1x1xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<0.0> : tensor<2x1xf32>
  // CHECK: qopt.matmul {{.*}} -> tensor<1x2xf32>
  %0 = qopt.matmul %x, %w : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func.func @no_drop_when_two_readers
func.func @no_drop_when_two_readers(%x: tensor<1x1xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<[[0.0], [1.0]]> : tensor<2x1xf32>
  %v = qopt.constant dense<1.0> : tensor<2x2xf32>
  // CHECK: qopt.matmul {{.*}} -> tensor<1x2xf32>
  %0 = qopt.matmul %x, %w : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %v : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.add %0, %1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func.func @no_drop_when_grouped
func.func @no_drop_when_grouped(%x: tensor<1x1x1x1xf32>) -> tensor<1x1x1x2xf32> {
  %w = qopt.constant dense<[[[[0.0]]], [[[1.0]]]]> : tensor<2x1x1x1xf32>
  // CHECK: qopt.conv2d {{.*}} -> tensor<1x1x1x2xf32>
  %0 = qopt.conv2d %x, %w : (tensor<1x1x1x1xf32>, tensor<2x1x1x1xf32>) -> tensor<1x1x1x2xf32>
  %1 = qopt.conv2d %0, %w {groups = 2 : i64}
     : (tensor<1x1x1x2xf32>, tensor<2x1x1x1xf32>) -> tensor<1x1x1x2xf32>
  return %1 : tensor<1x1x1x2xf32>
}

// -----

// One channel stays even if all are dead: no tensor is empty.
// CHECK-LABEL: func.func @no_drop_of_last_channel
func.func @no_drop_of_last_channel(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<0.0> : tensor<2x1xf32>
  %v = qopt.constant dense<1.0> : tensor<1x2xf32>
  // CHECK: qopt.matmul {{.*}} -> tensor<1x1xf32>
  // CHECK: qopt.matmul {{.*}} -> tensor<1x1xf32>
  %0 = qopt.matmul %x, %w : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %v : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
