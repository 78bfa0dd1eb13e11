// Constraints of ops that move values, under the labels of the documentation.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @concat_c1() {
  // expected-error @+1 {{C1: expected at least one operand}}
  %0 = qopt.concat {axis = 0 : i64} : () -> tensor<1xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
!r8 = !quant.uniform<i8:f32, 2.500000e-01>
func.func @concat_c1_type(%x: tensor<1x!q8>) {
  // expected-error @+1 {{C1: expected the element type of the input in the result}}
  %0 = qopt.concat %x, %x {axis = 0 : i64} : (tensor<1x!q8>, tensor<1x!q8>) -> tensor<2x!r8>
  return
}

// -----

func.func @concat_c2(%x: tensor<1xf32>) {
  // expected-error @+1 {{C2: axis 1 is outside of the rank 1}}
  %0 = qopt.concat %x, %x {axis = 1 : i64} : (tensor<1xf32>, tensor<1xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @concat_c2_other(%x: tensor<1x2xf32>, %y: tensor<2x2xf32>) {
  // expected-error @+1 {{C2: operands differ in dimension 0}}
  %0 = qopt.concat %x, %y {axis = 1 : i64} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @concat_c2_shape(%x: tensor<1xf32>) {
  // expected-error @+1 {{C2: expected a result of shape [2], got [3]}}
  %0 = qopt.concat %x, %x {axis = 0 : i64} : (tensor<1xf32>, tensor<1xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @pad_c1(%x: tensor<1xf32>) {
  // expected-error @+1 {{C1: expected 1 low pads of at least 0}}
  %0 = qopt.pad %x {low = array<i64: -1>, high = array<i64: 0>} : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @pad_c2(%x: tensor<1xf32>) {
  // expected-error @+1 {{C2: expected a result of shape [2], got [1]}}
  %0 = qopt.pad %x {low = array<i64: 1>, high = array<i64: 0>} : (tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @pad_c3(%x: tensor<1xf32>) {
  // expected-error @+1 {{C3: the padding is NaN}}
  %0 = qopt.pad %x {low = array<i64: 1>, high = array<i64: 0>, value = 0x7FC00000 : f32} : (tensor<1xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @reshape_c1(%x: tensor<2xf32>) {
  // expected-error @+1 {{C1: expected 2 elements in the result, got 3}}
  %0 = qopt.reshape %x : (tensor<2xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @reshape_c2(%x: tensor<2x!quant.uniform<i8:f32:0, {1.0, 2.0}>>) {
  // expected-error @+1 {{C2: expected types quantized per tensor}}
  %0 = qopt.reshape %x : (tensor<2x!quant.uniform<i8:f32:0, {1.0, 2.0}>>) -> tensor<2x1x!quant.uniform<i8:f32:0, {1.0, 2.0}>>
  return
}

// -----

func.func @transpose_c1(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C1: `permutation` must permute the dimensions of the input}}
  %0 = qopt.transpose %x {permutation = array<i64: 0, 0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @transpose_c2(%x: tensor<1x2xf32>) {
  // expected-error @+1 {{C2: expected a result of shape [2, 1], got [1, 2]}}
  %0 = qopt.transpose %x {permutation = array<i64: 1, 0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<4xf32>) {
  // expected-error @+1 {{C1: expected 1 steps of at least 1}}
  %0 = qopt.slice %x {starts = array<i64: 0>, steps = array<i64: 0>} : (tensor<4xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @slice_c2(%x: tensor<4xf32>) {
  // expected-error @+1 {{C2: dimension 0 reads outside of the input}}
  %0 = qopt.slice %x {starts = array<i64: 0>, steps = array<i64: 2>} : (tensor<4xf32>) -> tensor<3xf32>
  return
}

// -----

func.func @resize_nearest_c1(%x: tensor<1x1x1x1xf32>) {
  // expected-error @+1 {{C1: expected 2 scales of at least 1}}
  %0 = qopt.resize_nearest %x {scales = array<i64: 2>} : (tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  return
}

// -----

func.func @resize_nearest_c2(%x: tensor<1x1x1x1xf32>) {
  // expected-error @+1 {{C2: expected a result of shape [1, 2, 2, 1], got [1, 1, 1, 1]}}
  %0 = qopt.resize_nearest %x {scales = array<i64: 2, 2>} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @slice_c2_overflow(%x: tensor<4xf32>) {
  // expected-error @+1 {{C2: dimension 0 reads outside of the input}}
  %0 = qopt.slice %x {starts = array<i64: 0>, steps = array<i64: 2147483647>} : (tensor<4xf32>) -> tensor<1099511627776xf32>
  return
}
