// Constraints of pools and means, under the labels of the documentation.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @avg_pool2d_c1(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{C1: expected as many channels in the result as in the input}}
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 1, 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x1xf32>
  return
}

// -----

func.func @avg_pool2d_c2(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{C2: expected 2 kernel sizes of at least 1}}
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 1>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return
}

// -----

func.func @avg_pool2d_c2_pads(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{C2: expected pads less than the window's extent}}
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 1, 1>, pads = array<i64: 1, 0, 1, 0>} : (tensor<1x4x4x2xf32>) -> tensor<1x6x4x2xf32>
  return
}

// -----

func.func @avg_pool2d_c3(%x: tensor<1x4x4x2xf32>) {
  // expected-error @+1 {{C3: expected a result of shape [1, 3, 3, 2], got [1, 4, 4, 2]}}
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @avg_pool2d_c4(%x: tensor<1x1x1x1x!quant.uniform<i8:f32:3, {1.0}>>) {
  // expected-error @+1 {{C4: expected types quantized per tensor}}
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 1, 1>} : (tensor<1x1x1x1x!quant.uniform<i8:f32:3, {1.0}>>) -> tensor<1x1x1x1x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
!r8 = !quant.uniform<i8:f32, 2.500000e-01>
func.func @max_pool2d_c1(%x: tensor<1x1x1x1x!q8>) {
  // expected-error @+1 {{C1: expected the element type of the input in the result}}
  %0 = qopt.max_pool2d %x {kernel = array<i64: 1, 1>} : (tensor<1x1x1x1x!q8>) -> tensor<1x1x1x1x!r8>
  return
}

// -----

func.func @max_pool2d_c2(%x: tensor<1x1x1x1xf32>) {
  // expected-error @+1 {{C2: expected 2 dilations of at least 1}}
  %0 = qopt.max_pool2d %x {kernel = array<i64: 1, 1>, dilations = array<i64: 0, 1>} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @max_pool2d_c3(%x: tensor<1x1x1x1xf32>) {
  // expected-error @+1 {{C3: the window is larger than the padded input}}
  %0 = qopt.max_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @reduce_mean_c1(%x: tensor<1x2x3xf32>) {
  // expected-error @+1 {{C1: axes must be distinct, ascending and inside the rank}}
  %0 = qopt.reduce_mean %x {axes = array<i64: 2, 1>} : (tensor<1x2x3xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @reduce_mean_c2(%x: tensor<1x2x3xf32>) {
  // expected-error @+1 {{C2: expected a result of shape [1, 3], got [1]}}
  %0 = qopt.reduce_mean %x {axes = array<i64: 1>} : (tensor<1x2x3xf32>) -> tensor<1xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @reduce_mean_c3(%x: tensor<1x1x!quant.uniform<i8:f32:1, {1.0}>>) {
  // expected-error @+1 {{C3: expected types quantized per tensor}}
  %0 = qopt.reduce_mean %x {axes = array<i64: 1>} : (tensor<1x1x!quant.uniform<i8:f32:1, {1.0}>>) -> tensor<1x!q8>
  return
}
