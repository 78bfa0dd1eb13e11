// RUN: qopt %s --qopt-nudge-ranges=weight-ranges=mse | FileCheck %s --check-prefix=MSE
// RUN: qopt %s --qopt-nudge-ranges="weight-ranges=mse weights=per-tensor" | FileCheck %s --check-prefix=TENSOR
// RUN: qopt %s --qopt-nudge-ranges | FileCheck %s --check-prefix=MAX
// RUN: not qopt %s --qopt-nudge-ranges=weight-ranges=median 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: unknown weight-ranges option 'median': use max or mse

// The first row is exact with scale 1/127 = 0.00787401572. In the second, all weights but the
// greatest are 126.5 steps of that scale, in the middle between two codes; a scale of 1/126.5
// represents them exactly, and 1 as 127 / 126.5 - 1 = 0.004 too little.
// MSE:    !quant.uniform<i8<-127:127>:f32:0, {0.0078740157186985015,0.0078{{.*}}}>
// TENSOR: !quant.uniform<i8<-127:127>:f32, 0.0078
// MAX:    !quant.uniform<i8<-127:127>:f32:0, {0.0078740157186985015,0.0078740157186985015}>
func.func @layer(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "image", range = array<f32: -1.0, 1.0>} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %w = qopt.constant dense<[[1.0, -1.0, 0.0, 0.0], [1.0, 0.99606299, 0.99606299, -0.99606299]]> : tensor<2x4xf32>
  %h = qopt.matmul %0, %w : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  return %h : tensor<1x2xf32>
}
