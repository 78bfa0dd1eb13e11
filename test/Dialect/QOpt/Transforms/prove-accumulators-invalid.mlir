// RUN: qopt %s --qopt-prove-accumulators --verify-diagnostics

!q = !quant.uniform<i8:f32, 0.5>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>
!tiny = !quant.uniform<i8:f32, 9.31322574615478515625e-10>
!huge = !quant.uniform<i8:f32, 536870912.0>

// 2^31 - 1 - 383 would fit, one more does not.
func.func @no_proof_for_large_bias(%x: tensor<1x2x!q>) -> tensor<1x1x!q> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %b = qopt.constant dense<2147483265> : tensor<1xi32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its accumulator may reach 2147483648, which exceeds 2^31 - 1; split the layer, or quantize its input or weights to fewer bits}}
  %y = qopt.matmul %x, %w bias %b {qopt.layer = "fc"} : (tensor<1x2x!q>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!q>
  return %y : tensor<1x1x!q>
}

func.func @no_proof_for_computed_weights(%x: tensor<1x2x!q>, %w: tensor<1x2x!w>) -> tensor<1x1x!q> {
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its accumulator has no bound, as weights or bias are not constant}}
  %y = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x2x!q>, tensor<1x2x!w>) -> tensor<1x1x!q>
  return %y : tensor<1x1x!q>
}

// 2^29 * 2^30 has no fixed-point form; fp32 has one.
func.func @no_multiplier_under_fixed(%x: tensor<1x2x!huge>) -> tensor<1x2x!tiny> attributes {qopt.contract = #qopt.contract<fixed>} {
  // expected-error @+1 {{layer 'r' (qopt.requantize): }}
  %y = qopt.requantize %x {qopt.layer = "r"} : (tensor<1x2x!huge>) -> tensor<1x2x!tiny>
  return %y : tensor<1x2x!tiny>
}

func.func @multiplier_under_fp32(%x: tensor<1x2x!huge>) -> tensor<1x2x!tiny> attributes {qopt.contract = #qopt.contract<fp32>} {
  %y = qopt.requantize %x : (tensor<1x2x!huge>) -> tensor<1x2x!tiny>
  return %y : tensor<1x2x!tiny>
}

// No shift keeps such a sum inside 32 bits.
func.func @no_sum_under_fixed(%x: tensor<1x2x!huge>) -> tensor<1x2x!tiny> attributes {qopt.contract = #qopt.contract<fixed>} {
  // expected-error @+1 {{layer 's' (qopt.add): }}
  %y = qopt.add %x, %x {qopt.layer = "s"} : (tensor<1x2x!huge>, tensor<1x2x!huge>) -> tensor<1x2x!tiny>
  return %y : tensor<1x2x!tiny>
}

{-# dialect_resources: { builtin: { w: "0x1000000001FE" } } #-}
