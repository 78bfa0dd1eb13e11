// RUN: qopt %s --qopt-verify-float --split-input-file --verify-diagnostics

func.func @float_level(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %y = qopt.matmul %0, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @not_float_with_fake_quant(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{layer 'q' (qopt.fake_quant): rounds, which belongs on the simulated level}}
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> {qopt.layer = "q"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

func.func @not_float_with_quantized_value(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{layer 'q' (qopt.quantize): its result of type 'tensor<1x2x!quant.uniform<i8:f32, 5.000000e-01>>' is no static f32 tensor}}
  %y = qopt.quantize %x {qopt.layer = "q"} : (tensor<1x2xf32>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5>>
  return
}

// -----

// expected-error @+1 {{argument of type 'tensor<?x2xf32>' is no static f32 tensor}}
func.func @not_float_with_dynamic_argument(%x: tensor<?x2xf32>) {
  return
}

// -----

func.func @not_float_with_computed_weights(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its weights are not constant}}
  %y = qopt.matmul %x, %x {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @not_a_network_with_other_ops(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{arith.negf has no place in a network}}
  %y = arith.negf %x : tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// expected-error @+1 {{a network is one block, without control flow}}
func.func @not_a_network_with_blocks(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  cf.br ^next
^next:
  return %x : tensor<1x2xf32>
}
