// What every op checks of its types, and the dialect of its attributes, under the labels of the documentation.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @type_zero_point(%x: tensor<1x!quant.uniform<u8:f32, 1.0:300>>) {
  // expected-error @+1 {{has the zero point 300 outside of its storage bounds 0..255}}
  %0 = qopt.dequantize %x : (tensor<1x!quant.uniform<u8:f32, 1.0:300>>) -> tensor<1xf32>
  return
}

// -----

func.func @type_zero_point_narrow(%x: tensor<1x!quant.uniform<i8<-127:127>:f32, 1.0:-128>>) {
  // expected-error @+1 {{has the zero point -128 outside of its storage bounds -127..127}}
  %0 = qopt.dequantize %x : (tensor<1x!quant.uniform<i8<-127:127>:f32, 1.0:-128>>) -> tensor<1xf32>
  return
}

// -----

func.func @type_scale(%x: tensor<1x!quant.uniform<i8:f32, 0.1>>) {
  // expected-error-re @+1 {{has a scale that is not a positive finite f32 number: 1.0{{0*}}e-01}}
  %0 = qopt.dequantize %x : (tensor<1x!quant.uniform<i8:f32, 0.1>>) -> tensor<1xf32>
  return
}

// -----

func.func @type_scale_count(%x: tensor<3x!quant.uniform<i8:f32:0, {1.0, 2.0}>>) {
  // expected-error @+1 {{has a type with 2 scales along dimension 0 of size 3}}
  %0 = qopt.dequantize %x : (tensor<3x!quant.uniform<i8:f32:0, {1.0, 2.0}>>) -> tensor<3xf32>
  return
}

// -----

func.func @type_axis(%x: tensor<2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) {
  // expected-error @+1 {{has a type quantized along dimension 1 of a tensor of rank 1}}
  %0 = qopt.dequantize %x : (tensor<2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) -> tensor<2xf32>
  return
}

// -----

func.func @type_bits(%x: tensor<1x!quant.uniform<i32:f32, 1.0>>) {
  // expected-error @+1 {{has a quantized type with 32 bits of storage, expected 1 to 8, or 16}}
  %0 = qopt.dequantize %x : (tensor<1x!quant.uniform<i32:f32, 1.0>>) -> tensor<1xf32>
  return
}

// -----

func.func @type_expressed(%x: tensor<1x!quant.uniform<i8:f64, 1.0>>) {
  // expected-error @+1 {{has a quantized type that does not express f32}}
  %0 = qopt.dequantize %x : (tensor<1x!quant.uniform<i8:f64, 1.0>>) -> tensor<1xf32>
  return
}

// -----

func.func @type_subchannel(%x: tensor<2x!quant.uniform<i8:f32:{0:1}, {1.0, 2.0}>>) {
  // expected-error @+1 {{operand #0 must be static quantized tensor}}
  %0 = qopt.dequantize %x : (tensor<2x!quant.uniform<i8:f32:{0:1}, {1.0, 2.0}>>) -> tensor<2xf32>
  return
}

// -----

func.func @type_dynamic(%x: tensor<?xf32>) {
  // expected-error @+1 {{operand #0 must be static f32 or quantized tensor}}
  %0 = qopt.reshape %x : (tensor<?xf32>) -> tensor<1xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @type_size(%x: tensor<2199023255552x2199023255552xf32>) {
  // expected-error @+1 {{has a tensor of more than 2^40 elements}}
  %0 = qopt.quantize %x : (tensor<2199023255552x2199023255552xf32>) -> tensor<1x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @type_empty(%x: tensor<0xf32>) {
  // expected-error @+1 {{has a tensor without elements}}
  %0 = qopt.quantize %x : (tensor<0xf32>) -> tensor<0x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @level_operands(%a: tensor<1xf32>, %b: tensor<1x!q8>) {
  // expected-error @+1 {{mixes float and quantized operands}}
  %0 = qopt.add %a, %b : (tensor<1xf32>, tensor<1x!q8>) -> tensor<1xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @level_to_float(%a: tensor<1x!q8>, %b: tensor<1x!q8>) {
  // expected-error @+1 {{gives a float result from quantized operands}}
  %0 = qopt.add %a, %b : (tensor<1x!q8>, tensor<1x!q8>) -> tensor<1xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @level_to_quantized(%a: tensor<1xf32>, %b: tensor<1xf32>) {
  // expected-error @+1 {{gives a quantized result from float operands}}
  %0 = qopt.add %a, %b : (tensor<1xf32>, tensor<1xf32>) -> tensor<1x!q8>
  return
}

// -----

// expected-error @+1 {{unknown numeric contract 'fp16'}}
func.func private @contract_name() attributes {qopt.contract = #qopt.contract<fp16>}

// -----

// expected-error @+1 {{'qopt.contract' must be a #qopt.contract attribute}}
func.func private @contract_kind() attributes {qopt.contract = "fp32"}

// -----

// expected-error @+1 {{'qopt.contract' belongs on a function}}
module attributes {qopt.contract = #qopt.contract<fp32>} {}

// -----

func.func @layer_name() {
  // expected-error @+1 {{'qopt.layer' must be a string}}
  %0 = qopt.constant {qopt.layer = 1 : i64} dense<1.0> : tensor<1xf32>
  return
}

// -----

// expected-error @+1 {{'qopt.name' must be a string}}
func.func @tensor_name(%x: tensor<1xf32> {qopt.name = 1 : i64}) {
  return
}
