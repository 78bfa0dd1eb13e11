// RUN: qopt %s --qopt-verify-quantized --verify-diagnostics

!q = !quant.uniform<i8:f32, 0.5>
!u = !quant.uniform<u8:f32, 0.5>
!wide = !quant.uniform<i16:f32, 0.5>
!axis = !quant.uniform<i8:f32:1, {0.5, 0.25}>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

func.func @quantized_level(%x: tensor<1x2xf32>) -> tensor<1xf32> attributes {qopt.contract = #qopt.contract<fp32>} {
  %t = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = qopt.quantize %t : (tensor<1x2xf32>) -> tensor<1x2x!q>
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %y = qopt.matmul %0, %w : (tensor<1x2x!q>, tensor<1x2x!w>) -> tensor<1x1xf32>
  %r = qopt.reshape %y : (tensor<1x1xf32>) -> tensor<1xf32>
  return %r : tensor<1xf32>
}

// expected-error @+1 {{has no qopt.contract; run convert-qopt-fake-quant-to-quantized}}
func.func @not_quantized_without_contract(%x: tensor<1x2x!q>) {
  return
}

func.func @not_quantized_with_fake_quant(%x: tensor<1x2xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{layer 'f' (qopt.fake_quant): has no place on the quantized level; run convert-qopt-fake-quant-to-quantized}}
  %y = qopt.fake_quant %x as !q {qopt.layer = "f"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

func.func @not_quantized_with_float_arithmetic(%x: tensor<1x2xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{layer 's' (qopt.add): computes in f32; the quantized level has no float arithmetic}}
  %y = qopt.add %x, %x {qopt.layer = "s"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

func.func @not_quantized_with_float_matmul(%x: tensor<1x2xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{layer 'fc' (qopt.matmul): computes in f32; the quantized level has no float arithmetic}}
  %y = qopt.matmul %x, %x {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return
}

func.func @not_quantized_with_unsigned(%x: tensor<1x2xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{layer 'q' (qopt.quantize): stores unsigned values; run qopt-rewrite-storage=signedness=signed}}
  %y = qopt.quantize %x {qopt.layer = "q"} : (tensor<1x2xf32>) -> tensor<1x2x!u>
  return
}

func.func @not_quantized_with_16_bits(%x: tensor<1x2xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{layer 'q' (qopt.quantize): stores more than 8 bits}}
  %y = qopt.quantize %x {qopt.layer = "q"} : (tensor<1x2xf32>) -> tensor<1x2x!wide>
  return
}

// expected-error @+1 {{stores an activation per axis; activations are per tensor}}
func.func @not_quantized_per_axis(%x: tensor<1x2x!axis>) attributes {qopt.contract = #qopt.contract<fp32>} {
  return
}

func.func @not_quantized_with_computed_weights(%x: tensor<1x2x!q>, %w: tensor<1x2x!w>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its weights are no quantized constant}}
  %y = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x2x!q>, tensor<1x2x!w>) -> tensor<1x1x!q>
  return
}

func.func @not_quantized_with_computed_bias(%x: tensor<1x2x!q>, %b: tensor<1xi32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its bias is not constant}}
  %y = qopt.matmul %x, %w bias %b {qopt.layer = "fc"} : (tensor<1x2x!q>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!q>
  return
}

func.func @not_quantized_with_large_accumulator(%x: tensor<1x2x!q>) attributes {qopt.contract = #qopt.contract<fp32>} {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %b = qopt.constant dense<2147483265> : tensor<1xi32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its accumulator may reach 2147483648, which exceeds 2^31 - 1}}
  %y = qopt.matmul %x, %w bias %b {qopt.layer = "fc"} : (tensor<1x2x!q>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!q>
  return
}

{-# dialect_resources: { builtin: { w: "0x1000000001FE" } } #-}
