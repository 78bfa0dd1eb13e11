// RUN: qopt %s --convert-qopt-fake-quant-to-quantized="contract=fixed io=quantized" --split-input-file --verify-diagnostics

// Only fp32 has a formula for the sum of an accumulator and a residual.
func.func @no_residual_under_fixed(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %w = qopt.constant dense<0.5> : tensor<1x1x1x1xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  // expected-error @+1 {{layer 'c' (qopt.conv2d): feeds an addition unrounded, which only the contract fp32 fuses; use fuse-residuals=false in qopt-nudge-ranges}}
  %y = qopt.conv2d %0, %1 {qopt.layer = "c"} : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %s = qopt.add %y, %0 : (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %2 = qopt.fake_quant %s as !quant.uniform<i8:f32, 1.0:3> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  return %2 : tensor<1x2x2x1xf32>
}

// -----

// expected-error @+1 {{argument 0 is on no grid, so it cannot be passed quantized; put a qopt.fake_quant on it or use io=float}}
func.func @no_quantized_argument(%x: tensor<1x2xf32>) -> tensor<2xf32> {
  %0 = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @no_quantized_result(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %w = qopt.constant dense<0.5> : tensor<2x4xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = qopt.matmul %0, %1 : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{result 0 is on no grid, so it cannot be returned quantized; use logits=quantized in qopt-nudge-ranges, or io=float}}
  return %y : tensor<1x2xf32>
}
