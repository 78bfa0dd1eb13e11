// Constraints of constants, observers and casts, under the labels of the documentation.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @constant_c2() {
  // expected-error @+1 {{C2: the resource 'missing' is missing}}
  %0 = qopt.constant dense_resource<missing> : tensor<1xf32>
  return
}

// -----

func.func @constant_c3() {
  // expected-error @+1 {{C3: expected dense_resource, or dense of f32, i32 or i8}}
  %0 = qopt.constant sparse<0, 1.0> : tensor<1xf32>
  return
}

// -----

func.func @observe_c1(%x: tensor<1xf32>) {
  // expected-error @+1 {{C1: `range` must be two finite numbers in ascending order}}
  %0 = qopt.observe %x {name = "x", range = array<f32: 1.0, 0.0>} : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @observe_c1_infinite(%x: tensor<1xf32>) {
  // expected-error @+1 {{C1: `range` must be two finite numbers}}
  %0 = qopt.observe %x {name = "x", range = array<f32: 1.0, 0x7F800000>} : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @observe_c2(%x: tensor<1xf32>) {
  // expected-error @+1 {{C2: `name` must not be empty}}
  %0 = qopt.observe %x {name = ""} : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @observe_c3(%x: tensor<1xf32>) {
  // expected-error @+1 {{C3: expected a result of shape [1], got [2]}}
  %0 = qopt.observe %x {name = "x"} : (tensor<1xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @fake_quant_c1(%x: tensor<1xf32>) {
  // expected-error @+1 {{C1: expected a uniform quantized type}}
  %0 = qopt.fake_quant %x as i8 : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @fake_quant_c1_axis(%x: tensor<1xf32>) {
  // expected-error @+1 {{C1: expected as many scales as dimension 0 has elements}}
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32:0, {1.0, 2.0}> : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @fake_quant_c2(%x: tensor<1xf32>) {
  // expected-error @+1 {{C2: expected a result of shape [1], got [2]}}
  %0 = qopt.fake_quant %x as !q8 : (tensor<1xf32>) -> tensor<2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @quantize_c1(%x: tensor<1xf32>) {
  // expected-error @+1 {{C1: expected a result of shape [1], got [2]}}
  %0 = qopt.quantize %x : (tensor<1xf32>) -> tensor<2x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @dequantize_c1(%x: tensor<1x!q8>) {
  // expected-error @+1 {{C1: expected a result of shape [1], got [2]}}
  %0 = qopt.dequantize %x : (tensor<1x!q8>) -> tensor<2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @requantize_c1(%x: tensor<1x!q8>) {
  // expected-error @+1 {{C1: expected a result of shape [1], got [2]}}
  %0 = qopt.requantize %x : (tensor<1x!q8>) -> tensor<2x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @requantize_c2(%x: tensor<1x!q8>) {
  // expected-error @+1 {{C2: expected types quantized per tensor}}
  %0 = qopt.requantize %x : (tensor<1x!q8>) -> tensor<1x!quant.uniform<i8:f32:0, {1.0}>>
  return
}

// -----

func.func @constant_c3_size() {
  // expected-error @+1 {{C3: expected at most 2^28 elements in a dense constant}}
  %0 = qopt.constant dense<1.0> : tensor<1099511627776xf32>
  return
}

// -----

func.func @constant_c2_size() {
  // expected-error @+1 {{C2: the resource 'short' has 4 bytes, its type needs 8}}
  %0 = qopt.constant dense_resource<short> : tensor<2xf32>
  return
}
{-# dialect_resources: { builtin: { short: "0x040000000000803F" } } #-}

// -----

func.func @constant_c1() {
  // expected-error @+1 {{C1: the attribute's type is the result's type}}
  %0 = "qopt.constant"() <{value = dense<1.0> : tensor<2xf32>}> : () -> tensor<1xf32>
  return
}
