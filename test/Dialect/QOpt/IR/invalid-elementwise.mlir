// Constraints of element-wise ops, under the labels of the documentation.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @add_c1(%a: tensor<1x2xf32>, %b: tensor<1x3xf32>) {
  // expected-error @+1 {{C1: an operand does not broadcast to the shape of the result}}
  %0 = qopt.add %a, %b : (tensor<1x2xf32>, tensor<1x3xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @sub_c1_rank(%a: tensor<2xf32>, %b: tensor<1x2xf32>) {
  // expected-error @+1 {{C1: an operand does not broadcast}}
  %0 = qopt.sub %a, %b : (tensor<2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @mul_c1_result(%a: tensor<1x1xf32>, %b: tensor<1x1xf32>) {
  // expected-error @+1 {{C1: dimension 1 of the result is that of neither operand}}
  %0 = qopt.mul %a, %b : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @add_c2(%a: tensor<1x4xf32>, %b: tensor<1x4xf32>) {
  // expected-error @+1 {{C2: expected 1 or 4 clamp bounds, got 3}}
  %0 = qopt.add %a, %b {clamp_min = array<f32: 0.0, 0.0, 0.0>} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @add_c3(%a: tensor<1x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>, %b: tensor<1x2x!q8>) {
  // expected-error @+1 {{C3: expected types quantized per tensor}}
  %0 = qopt.add %a, %b : (tensor<1x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>, tensor<1x2x!q8>) -> tensor<1x2x!q8>
  return
}

// -----

func.func @clamp_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C1: expected the type of the input in the result}}
  %0 = qopt.clamp %x {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>) -> tensor<2x1xf32>
  return
}

// -----

func.func @clamp_c1_axis(%x: tensor<1x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) {
  // expected-error @+1 {{C1: expected types quantized per tensor}}
  %0 = qopt.clamp %x {clamp_min = array<f32: 0.0>} : (tensor<1x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) -> tensor<1x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>
  return
}

// -----

func.func @clamp_c2(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C2: a clamp bound is NaN}}
  %0 = qopt.clamp %x {clamp_max = array<f32: 0x7FC00000>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @clamp_c3(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C3: expected a lower or an upper bound}}
  %0 = qopt.clamp %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @unary_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C1: expected a result of shape [1, 2], got [2]}}
  %0 = qopt.unary tanh %x : (tensor<1x2xf32>) -> tensor<2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @unary_c2(%x: tensor<1x2x!q8>) {
  // expected-error @+1 {{operand #0 must be static f32 tensor}}
  %0 = qopt.unary tanh %x : (tensor<1x2x!q8>) -> tensor<1x2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @lookup_c1(%x: tensor<2x!q8>, %t: tensor<256xi8>) {
  // expected-error @+1 {{C1: expected a result of shape [2], got [1]}}
  %0 = qopt.lookup %x, %t : (tensor<2x!q8>, tensor<256xi8>) -> tensor<1x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @lookup_c1_bits(%x: tensor<2x!quant.uniform<i4:f32, 1.0>>, %t: tensor<256xi8>) {
  // expected-error @+1 {{C1: expected 8-bit types quantized per tensor}}
  %0 = qopt.lookup %x, %t : (tensor<2x!quant.uniform<i4:f32, 1.0>>, tensor<256xi8>) -> tensor<2x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @lookup_c2(%x: tensor<2x!q8>, %t: tensor<255xi8>) {
  // expected-error @+1 {{C2: expected a table of shape [256], got [255]}}
  %0 = qopt.lookup %x, %t : (tensor<2x!q8>, tensor<255xi8>) -> tensor<2x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @lookup_c2_type(%x: tensor<2x!q8>, %t: tensor<256xi32>) {
  // expected-error @+1 {{C2: expected a table of i8}}
  %0 = qopt.lookup %x, %t : (tensor<2x!q8>, tensor<256xi32>) -> tensor<2x!q8>
  return
}

// -----

func.func @softmax_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C1: expected a result of shape [1, 2], got [2]}}
  %0 = qopt.softmax %x : (tensor<1x2xf32>) -> tensor<2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @softmax_c2(%x: tensor<1x2x!q8>) {
  // expected-error @+1 {{C2: expected a result with the scale 1/256 and the least storage value}}
  %0 = qopt.softmax %x : (tensor<1x2x!q8>) -> tensor<1x2x!q8>
  return
}

// -----

func.func @softmax_c3(%x: tensor<1x2x!quant.uniform<i4:f32, 1.0>>) {
  // expected-error @+1 {{C3: expected an 8-bit input quantized per tensor}}
  %0 = qopt.softmax %x : (tensor<1x2x!quant.uniform<i4:f32, 1.0>>) -> tensor<1x2xf32>
  return
}
