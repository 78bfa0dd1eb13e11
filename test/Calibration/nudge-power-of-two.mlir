// RUN: qopt %s --qopt-nudge-ranges="power-of-two=true logits=quantized" | FileCheck %s
// RUN: qopt %s --qopt-nudge-ranges="power-of-two=true bias-bits=16" | FileCheck %s --check-prefix=BIAS

// 6/255 = 0.0235 goes up to 1/32, 2/127 = 0.0157 to 1/32, 1/127 = 0.0079 to 1/64; 0.5/127 = 0.0039 to
// 1/128, as 127/128 of the next smaller power would not reach 0.5.
// CHECK-DAG: !quant.uniform<i8:f32, 3.125000e-02:-128>
// CHECK-DAG: !quant.uniform<i8<-127:127>:f32:0, {1.562500e-02,7.812500e-03}>
// CHECK-DAG: !quant.uniform<i8:f32, 3.125000e-02>

// The bias 100 needs a weight scale of 100/(32767/32) = 0.098 at least: 1/8.
// BIAS-DAG: !quant.uniform<i8<-127:127>:f32:0, {1.250000e-01,7.812500e-03}>
func.func @layer(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "image", range = array<f32: 0.0, 6.0>} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %w = qopt.constant dense<[[1.0, -1.0, 0.0, 0.0], [0.5, 0.25, 0.0, -0.5]]> : tensor<2x4xf32>
  %b = qopt.constant dense<[100.0, 0.0]> : tensor<2xf32>
  %h = qopt.matmul %0, %w bias %b : (tensor<1x4xf32>, tensor<2x4xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %1 = qopt.observe %h {name = "sum", range = array<f32: -2.0, 2.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
