// RUN: qopt %s --qopt-fold-batch-norm --split-input-file | FileCheck %s

// k = scale / sqrt(variance + epsilon) = [2 / 2, 6 / 3]; weights rows times k; bias offset - mean * k.
// CHECK-LABEL: func.func @matmul
func.func @matmul(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %scale = qopt.constant dense<[2.0, 6.0]> : tensor<2xf32>
  %offset = qopt.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %mean = qopt.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = qopt.constant dense<[3.0, 8.0]> : tensor<2xf32>
  // CHECK-DAG: %[[W:.*]] = qopt.constant dense_resource<fc_weights> : tensor<2x3xf32>
  // CHECK-DAG: %[[B:.*]] = qopt.constant dense_resource<fc_bias> : tensor<2xf32>
  // CHECK: %[[Y:.*]] = qopt.matmul %{{.*}}, %[[W]] bias %[[B]] {qopt.layer = "fc"}
  // CHECK-NEXT: return %[[Y]]
  %0 = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
  %1 = qopt.batch_norm %0, %scale, %offset, %mean, %variance {epsilon = 1.0 : f32}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
// [-0.5, -3] and [[1, 2, 3], [8, 10, 12]]
// CHECK-DAG: fc_bias: "0x10000000000000BF000040C0"
// CHECK-DAG: fc_weights: "0x100000000000803F0000004000004040000000410000204100004041"

// -----

// The channels of depthwise weights are their last dimension; an existing bias is scaled as well:
// (1 - 1) * 2 + 3 = 3.
// CHECK-LABEL: func.func @depthwise
func.func @depthwise(%x: tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32> {
  %w = qopt.constant dense<[[[1.0, 2.0]]]> : tensor<1x1x2xf32>
  %one = qopt.constant dense<1.0> : tensor<2xf32>
  %scale = qopt.constant dense<[2.0, 4.0]> : tensor<2xf32>
  %offset = qopt.constant dense<3.0> : tensor<2xf32>
  // CHECK: qopt.depthwise_conv2d %{{.*}}, %{{.*}} bias %{{.*}} :
  // CHECK-NEXT: return
  %0 = qopt.depthwise_conv2d %x, %w bias %one {qopt.layer = "dw"}
     : (tensor<1x1x1x2xf32>, tensor<1x1x2xf32>, tensor<2xf32>) -> tensor<1x1x1x2xf32>
  %1 = qopt.batch_norm %0, %scale, %offset, %one, %one {epsilon = 0.0 : f32}
     : (tensor<1x1x1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
     -> tensor<1x1x1x2xf32>
  return %1 : tensor<1x1x1x2xf32>
}
// CHECK-DAG: dw_bias: "0x100000000000404000004040"
// CHECK-DAG: dw_weights: "0x100000000000004000000041"

// -----

// Arithmetic by constants is the same affine map, in both orders of the operands; the last clamp
// moves to the layer: weights 3 * 2, bias 1 * 2 + 5 = 7.
// CHECK-LABEL: func.func @arithmetic
func.func @arithmetic(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x1x1x1xf32>
  %b = qopt.constant dense<1.0> : tensor<1xf32>
  %two = qopt.constant dense<2.0> : tensor<1x1x1x1xf32>
  %five = qopt.constant dense<-5.0> : tensor<1x1x1x1xf32>
  // CHECK: qopt.conv2d %{{.*}}, %{{.*}} bias %{{.*}} {clamp_min = array<f32: 0.000000e+00>, qopt.layer = "conv"}
  // CHECK-NEXT: return
  %0 = qopt.conv2d %x, %w bias %b {qopt.layer = "conv"}
     : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<1x2x2x1xf32>
  %1 = qopt.mul %two, %0 : (tensor<1x1x1x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %2 = qopt.sub %1, %five {clamp_min = array<f32: 0.0>}
     : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  return %2 : tensor<1x2x2x1xf32>
}
// CHECK-DAG: conv_bias{{(_[0-9]+)?}}: "0x100000000000E040"
// CHECK-DAG: conv_weights{{(_[0-9]+)?}}: "0x100000000000C040"

// -----

// A scale of 0 silences the channel, whatever its variance.
// CHECK-LABEL: func.func @zero_scale
func.func @zero_scale(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x1xf32>
  %zero = qopt.constant dense<0.0> : tensor<1xf32>
  %offset = qopt.constant dense<1.0> : tensor<1xf32>
  %0 = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = qopt.batch_norm %0, %zero, %offset, %offset, %zero {epsilon = 0.0 : f32}
     : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
// CHECK-DAG: fc_bias{{.*}}: "0x100000000000803F"
// CHECK-DAG: fc_weights{{.*}}: "0x1000000000000000"

// -----

// Without a layer before it, it becomes one.
// CHECK-LABEL: func.func @standalone
func.func @standalone(%x: tensor<1x4x4x2xf32>, %p: tensor<2xf32>) -> tensor<1x4x4x2xf32> {
  %c = qopt.constant dense<2.0> : tensor<2xf32>
  // CHECK-DAG: %[[W:.*]] = qopt.constant dense_resource<bn_weights> : tensor<1x1x2xf32>
  // CHECK-DAG: %[[B:.*]] = qopt.constant dense_resource<bn_bias> : tensor<2xf32>
  // CHECK: qopt.depthwise_conv2d %arg0, %[[W]] bias %[[B]] {qopt.layer = "bn"}
  %0 = qopt.batch_norm %x, %c, %c, %c, %c {epsilon = 0.0 : f32, qopt.layer = "bn"}
     : (tensor<1x4x4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
     -> tensor<1x4x4x2xf32>
  return %0 : tensor<1x4x4x2xf32>
}

// -----

// CHECK-LABEL: func.func @standalone_matrix
func.func @standalone_matrix(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %c = qopt.constant dense<2.0> : tensor<2xf32>
  // CHECK: qopt.reshape %arg0 : (tensor<3x2xf32>) -> tensor<3x1x1x2xf32>
  // CHECK: qopt.depthwise_conv2d
  // CHECK: qopt.reshape %{{.*}} : (tensor<3x1x1x2xf32>) -> tensor<3x2xf32>
  %0 = qopt.batch_norm %x, %c, %c, %c, %c {epsilon = 0.0 : f32}
     : (tensor<3x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// The layer's own result has a reader: folding would change it.
// CHECK-LABEL: func.func @no_fold_when_layer_has_two_readers
func.func @no_fold_when_layer_has_two_readers(%x: tensor<1x1x1x1xf32>)
    -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) {
  %w = qopt.constant dense<3.0> : tensor<1x1x1x1xf32>
  %c = qopt.constant dense<2.0> : tensor<1xf32>
  // CHECK: %[[Y:.*]] = qopt.conv2d
  // CHECK: %[[Z:.*]] = qopt.depthwise_conv2d %[[Y]]
  // CHECK: return %[[Y]], %[[Z]]
  %0 = qopt.conv2d %x, %w : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %1 = qopt.batch_norm %0, %c, %c, %c, %c {epsilon = 0.0 : f32}
     : (tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>)
     -> tensor<1x1x1x1xf32>
  return %0, %1 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
}

// -----

// A clamp stands between.
// CHECK-LABEL: func.func @no_fold_when_layer_clamps
func.func @no_fold_when_layer_clamps(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x1xf32>
  %c = qopt.constant dense<2.0> : tensor<1x1xf32>
  // CHECK: qopt.matmul
  // CHECK: qopt.mul
  %0 = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>}
     : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = qopt.mul %0, %c : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

// c - y is not y - c.
// CHECK-LABEL: func.func @no_fold_when_layer_is_subtracted
func.func @no_fold_when_layer_is_subtracted(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x1xf32>
  %c = qopt.constant dense<2.0> : tensor<1x1xf32>
  // CHECK: qopt.sub
  %0 = qopt.matmul %x, %w : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = qopt.sub %c, %0 : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_fold_when_constant_differs_by_pixel
func.func @no_fold_when_constant_differs_by_pixel(%x: tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x1x1x1xf32>
  %c = qopt.constant dense<[[[[1.0], [2.0]]]]> : tensor<1x1x2x1xf32>
  // CHECK: qopt.add
  %0 = qopt.conv2d %x, %w : (tensor<1x1x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x1xf32>
  %1 = qopt.add %0, %c : (tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  return %1 : tensor<1x1x2x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_fold_when_weightss_are_not_constant
func.func @no_fold_when_weightss_are_not_constant(%x: tensor<1x2xf32>, %p: tensor<2xf32>)
    -> tensor<1x2xf32> {
  // CHECK: qopt.batch_norm
  %0 = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = 0.0 : f32}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// The rounding of the weights must stay.
// CHECK-LABEL: func.func @no_fold_when_weights_are_fake_quantized
func.func @no_fold_when_weights_are_fake_quantized(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x1xf32>
  %c = qopt.constant dense<2.0> : tensor<1x1xf32>
  // CHECK: qopt.mul
  %q = qopt.fake_quant %w as !quant.uniform<i8:f32, 0.5> : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = qopt.matmul %x, %q : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = qopt.mul %0, %c : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
