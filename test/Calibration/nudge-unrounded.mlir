// RUN: qopt %s --qopt-nudge-ranges | FileCheck %s --check-prefixes=CHECK,FUSED
// RUN: qopt %s --qopt-nudge-ranges="fuse-residuals=false logits=quantized" | FileCheck %s --check-prefixes=CHECK,ALL

// The last accumulator becomes f32, also through a reshape.
// CHECK-LABEL: func @logits
// CHECK:         %[[Y:.*]] = qopt.matmul
// FUSED-NEXT:    qopt.reshape %[[Y]]
// ALL-NEXT:      %[[YQ:.*]] = qopt.fake_quant %[[Y]]
// ALL-NEXT:      qopt.reshape %[[YQ]]
func.func @logits(%x: tensor<1x2xf32>) -> tensor<1xf32> {
  %0 = qopt.observe %x {name = "x", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %v = qopt.constant dense<0.25> : tensor<1x2xf32>
  %y = qopt.matmul %0, %v : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %1 = qopt.observe %y {name = "y", range = array<f32: 0.0, 0.5>} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %r = qopt.reshape %1 : (tensor<1x1xf32>) -> tensor<1xf32>
  return %r : tensor<1xf32>
}

// A clamp on the last layer acts on stored values, so its result is rounded.
// CHECK-LABEL: func @clamped_logits
// CHECK:         %[[Y:.*]] = qopt.matmul
// CHECK-NEXT:    qopt.fake_quant %[[Y]]
func.func @clamped_logits(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "x", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %v = qopt.constant dense<0.25> : tensor<1x2xf32>
  %y = qopt.matmul %0, %v {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %1 = qopt.observe %y {name = "y", range = array<f32: 0.0, 0.5>} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// Two convolutions meet in an addition: the later one takes the earlier as residual.
// CHECK-LABEL: func @residual
// CHECK:         %[[A:.*]] = qopt.conv2d {{.*}}qopt.layer = "shortcut"
// CHECK-NEXT:    %[[AQ:.*]] = qopt.fake_quant %[[A]]
// CHECK:         %[[B:.*]] = qopt.conv2d {{.*}}qopt.layer = "main"
// FUSED-NEXT:    qopt.add %[[AQ]], %[[B]]
// ALL-NEXT:      %[[BQ:.*]] = qopt.fake_quant %[[B]]
// ALL-NEXT:      qopt.add %[[AQ]], %[[BQ]]
func.func @residual(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  %0 = qopt.observe %x {name = "x", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %w = qopt.constant dense<0.5> : tensor<2x1x1x2xf32>
  %a = qopt.conv2d %0, %w {qopt.layer = "shortcut"} : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.observe %a {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %b = qopt.conv2d %0, %w {qopt.layer = "main"} : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.observe %b {name = "b", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %s = qopt.add %1, %2 {clamp_min = array<f32: 0.0>} : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = qopt.observe %s {name = "s", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %3 : tensor<1x4x4x2xf32>
}

// A clamped convolution, and one that others read as well, round before the addition.
// CHECK-LABEL: func @no_fusion
// CHECK:         %[[A:.*]] = qopt.conv2d
// CHECK-NEXT:    qopt.fake_quant %[[A]]
// CHECK:         %[[B:.*]] = qopt.conv2d
// CHECK-NEXT:    qopt.fake_quant %[[B]]
// CHECK-NEXT:    qopt.add
func.func @no_fusion(%x: tensor<1x4x4x2xf32>) -> (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) {
  %0 = qopt.observe %x {name = "x", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %w = qopt.constant dense<0.5> : tensor<2x1x1x2xf32>
  %a = qopt.conv2d %0, %w {clamp_min = array<f32: 0.0>} : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %1 = qopt.observe %a {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %b = qopt.conv2d %0, %w : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = qopt.observe %b {name = "b", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %s = qopt.add %1, %2 : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %3 = qopt.observe %s {name = "s", range = array<f32: 0.0, 0.5>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %3, %2 : tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>
}
