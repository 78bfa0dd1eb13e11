// RUN: qopt %s --split-input-file --verify-diagnostics --convert-qopt-to-kernels=target=generic

// expected-error @+1 {{'func.func' op is not quantized (no qopt.contract)}}
func.func @float_network(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %0 = qopt.clamp %x {clamp_min = array<f32: 0.0>} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{has a name that is no C identifier}}
func.func @"my net"(%x: tensor<1x4xf32>) -> tensor<1x4xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  return %x : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{returns nothing}}
func.func @no_result(%x: tensor<1x4xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  return
}

// -----

// expected-error @+1 {{needs ranked tensors of static, non-zero sizes}}
func.func @dynamic(%x: tensor<?x4xf32>) -> tensor<?x4xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  return %x : tensor<?x4xf32>
}

// -----

// expected-error @+1 {{expected f32, i32, i8 or signed quantized values of at most 8 bits}}
func.func @wide(%x: tensor<4xf64>) -> tensor<4xf64>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  return %x : tensor<4xf64>
}

// -----

// expected-error @+1 {{expected f32, i32, i8 or signed quantized values of at most 8 bits}}
func.func @unsigned(%x: tensor<4x!quant.uniform<u8:f32, 0.5:131>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:131>>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  return %x : tensor<4x!quant.uniform<u8:f32, 0.5:131>>
}

// -----

func.func @foreign_op(%x: tensor<1x4xf32>) -> tensor<1x4xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  // expected-error @+1 {{has no kernel: only ops of the quantized level can be compiled}}
  %0 = arith.negf %x : tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// expected-error @+1 {{holds no network}}
module {
}

// -----

// expected-error @+1 {{becomes a program that defines 'net_run', a name that the module has already}}
func.func @net(%x: tensor<1x4xf32>) -> tensor<1x4xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  return %x : tensor<1x4xf32>
}
func.func private @net_run()
