// RUN: qopt %s --qopt-lower-to-kernels=target=generic --split-input-file --verify-diagnostics

!u = !quant.uniform<u8:f32, 0.5:3>
func.func @unsigned(%x: tensor<1x8xf32>) -> tensor<1x8x!u>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error@+1 {{layer 'input' has unsigned codes, and kernels take signed ones: run qopt-rewrite-storage{signedness=signed} first}}
  %0 = qopt.quantize %x {qopt.layer = "input"} : (tensor<1x8xf32>) -> tensor<1x8x!u>
  return %0 : tensor<1x8x!u>
}

// -----

!w = !quant.uniform<i16:f32, 0.5:3>
func.func @wide(%x: tensor<1x8x!w>) -> tensor<1x8xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error@+1 {{layer 'qopt.dequantize' has no kernel for 'tensor<1x8x!quant.uniform<i16:f32, 5.000000e-01:3>>': expected codes of at most 8 bits, quantized per tensor}}
  %0 = qopt.dequantize %x : (tensor<1x8x!w>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// -----

!q = !quant.uniform<i8:f32, 0.5:3>
func.func @float_layer(%x: tensor<1x8x8x3xf32>) -> tensor<1x4x4x3x!q>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error@+1 {{layer 'pool' has no kernel for 'tensor<1x8x8x3xf32>'}}
  %0 = qopt.max_pool2d %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, qopt.layer = "pool"}
       : (tensor<1x8x8x3xf32>) -> tensor<1x4x4x3xf32>
  %1 = qopt.quantize %0 : (tensor<1x4x4x3xf32>) -> tensor<1x4x4x3x!q>
  return %1 : tensor<1x4x4x3x!q>
}

// -----

// No shift keeps the sum of these inside 32 bits.
!a = !quant.uniform<i8:f32, 1.0e9>
!y = !quant.uniform<i8:f32, 0.5>
func.func @too_coarse(%x: tensor<1x8x!a>) -> tensor<1x8x!y>
    attributes {qopt.contract = #qopt.contract<fixed>} {
  // expected-error@+1 {{layer 'sum'}}
  %0 = qopt.add %x, %x {qopt.layer = "sum"} : (tensor<1x8x!a>, tensor<1x8x!a>) -> tensor<1x8x!y>
  return %0 : tensor<1x8x!y>
}
