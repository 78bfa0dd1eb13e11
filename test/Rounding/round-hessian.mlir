// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --split-input-file --qopt-round-hessian="data=%t/equal.npy" | FileCheck %s
// RUN: qopt %s --split-input-file --mlir-disable-threading --qopt-round-hessian="data=%t/equal.npy" > %t/one
// RUN: qopt %s --split-input-file --qopt-round-hessian="data=%t/equal.npy" > %t/many
// RUN: diff %t/one %t/many

// Samples (a, a) with a = 0, 1, 2, 3: two inputs that are always equal. Nearest rounding would give
// 0 + 0; the sum of both weights is 0.8, so that one of them becomes 1. What is missing, -0.2, times
// the mean of the inputs, 1.5, goes into the bias.
// CHECK-LABEL: func @equal_inputs
// CHECK:         %[[B:.*]] = qopt.constant dense_resource<bias>
// CHECK:         %[[W:.*]] = qopt.constant dense_resource<weights>
// CHECK:         %[[Q:.*]] = qopt.fake_quant %[[W]] as !q
// CHECK:         qopt.matmul %{{.*}}, %[[Q]] bias %[[B]]
// CHECK:         bias: "0x10000000999999BE"
// CHECK:         weights: "0x10000000000000000000803F"
func.func @equal_inputs(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.0625> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[0.4, 0.4]]> : tensor<1x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = qopt.matmul %0, %1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// A depthwise layer has one weight per input here: nothing can make up for anything, and every
// weight takes its nearest code.
// CHECK-LABEL: func @depthwise
// CHECK:         depthwise_w_1: "0x100000000000803F00000000"
func.func @depthwise(%x: tensor<1x2xf32>) -> tensor<1x1x1x2xf32> {
  %0 = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<1x1x1x2xf32>
  %1 = qopt.fake_quant %0 as !quant.uniform<i8:f32, 0.0625> : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32>
  %w = qopt.constant dense_resource<depthwise_w> : tensor<1x1x2xf32>
  %2 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : (tensor<1x1x2xf32>) -> tensor<1x1x2xf32>
  %y = qopt.depthwise_conv2d %1, %2 : (tensor<1x1x1x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x1x2xf32>
  return %y : tensor<1x1x1x2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      // 0.6, 0.4
      depthwise_w: "0x040000009A99193FCDCCCC3E"
    }
  }
#-}

// -----

// Both layers share a constant, and each gets its own: the second one has another grid. It sees the
// first one as it was rounded, with its bias: (0, 0.7, 1.7, 2.7) instead of 0.8 a, of mean 1.27, so
// that its bias is -0.2 * 1.27.
// CHECK-LABEL: func @in_order
// CHECK:         bias: "0x10000000999999BE999999BE"
// CHECK:         weights: "0x10000000000000000000803F000000000000803F"
// CHECK:         bias_1: "0x10000000999981BE999981BE"
// CHECK:         weights_1: "0x10000000000000000000803F0000003F0000003F"
func.func @in_order(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.0625> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<0.4> : tensor<2x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %h = qopt.matmul %0, %1 {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.fake_quant %h as !quant.uniform<i8:f32, 0.0625> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32:0, {1.0,0.5}> : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %y = qopt.matmul %2, %3 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
