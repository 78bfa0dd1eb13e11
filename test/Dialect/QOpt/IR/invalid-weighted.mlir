// Constraints of layers with weights, under the labels of the documentation.
// RUN: qopt %s --split-input-file --verify-diagnostics

func.func @conv2d_c1(%x: tensor<4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C1: expected an input of rank 4, got 3}}
  %0 = qopt.conv2d %x, %w
     : (tensor<4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c1_weights(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x2xf32>) {
  // expected-error @+1 {{C1: expected weights of rank 4, got 3}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<3x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c1_result(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C1: expected a result of rank 4, got 3}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<4x4x3xf32>
  return
}

// -----

func.func @conv2d_c2_strides(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C2: expected 2 strides of at least 1}}
  %0 = qopt.conv2d %x, %w {strides = array<i64: 0, 1>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c2_pads(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C2: expected 4 pads of at least 0}}
  %0 = qopt.conv2d %x, %w {pads = array<i64: 1, 1>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c2_dilations(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C2: expected 2 dilations of at least 1}}
  %0 = qopt.conv2d %x, %w {dilations = array<i64: 1, -1>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c2_overflow(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C2: expected 4 pads of at least 0}}
  %0 = qopt.conv2d %x, %w {pads = array<i64: 9223372036854775807, 0, 0, 0>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c3_groups(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C3: 2 groups do not divide 2 input and 3 output channels}}
  %0 = qopt.conv2d %x, %w {groups = 2 : i64}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c3_no_group(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C3: 0 groups do not divide}}
  %0 = qopt.conv2d %x, %w {groups = 0 : i64}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c3_weights(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x4xf32>) {
  // expected-error @+1 {{C3: expected weights for 2 input channels per group, got 4}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x4xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C4: expected a result of shape [1, 2, 2, 3], got [1, 4, 4, 3]}}
  %0 = qopt.conv2d %x, %w {strides = array<i64: 2, 2>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c4_window(%x: tensor<1x4x4x2xf32>, %w: tensor<3x5x5x2xf32>) {
  // expected-error @+1 {{C4: the window is larger than the padded input}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<3x5x5x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c5(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{C5: expected a bias of shape [3], got [2]}}
  %0 = qopt.conv2d %x, %w bias %b
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>, tensor<2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c5_type(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>, %b: tensor<3xi32>) {
  // expected-error @+1 {{C5: expected a bias of f32}}
  %0 = qopt.conv2d %x, %w bias %b
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>, tensor<3xi32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @conv2d_c5_quantized(%x: tensor<1x4x4x2x!q8>, %w: tensor<3x1x1x2x!q8>, %b: tensor<3xf32>) {
  // expected-error @+1 {{C5: expected a bias of i32}}
  %0 = qopt.conv2d %x, %w bias %b
     : (tensor<1x4x4x2x!q8>, tensor<3x1x1x2x!q8>, tensor<3xf32>) -> tensor<1x4x4x3x!q8>
  return
}

// -----

func.func @conv2d_c6(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>, %r: tensor<1x4x4x1xf32>) {
  // expected-error @+1 {{C6: expected a residual of shape [1, 4, 4, 3], got [1, 4, 4, 1]}}
  %0 = qopt.conv2d %x, %w residual %r
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>, tensor<1x4x4x1xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @conv2d_c6_contract(%x: tensor<1x4x4x2x!q8>, %w: tensor<3x1x1x2x!q8>, %r: tensor<1x4x4x3x!q8>) attributes {qopt.contract = #qopt.contract<fixed>} {
  // expected-error @+1 {{C6: a quantized residual needs the contract fp32}}
  %0 = qopt.conv2d %x, %w residual %r
     : (tensor<1x4x4x2x!q8>, tensor<3x1x1x2x!q8>, tensor<1x4x4x3x!q8>) -> tensor<1x4x4x3x!q8>
  return
}

// -----

func.func @conv2d_c7_count(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C7: expected 1 or 3 clamp bounds, got 2}}
  %0 = qopt.conv2d %x, %w {clamp_max = array<f32: 1.0, 2.0>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c7_nan(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error @+1 {{C7: a clamp bound is NaN}}
  %0 = qopt.conv2d %x, %w {clamp_min = array<f32: 0x7FC00000>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @conv2d_c7_order(%x: tensor<1x4x4x2xf32>, %w: tensor<3x1x1x2xf32>) {
  // expected-error-re @+1 {{C7: the lower clamp bound 2.0{{0*}}e+00 exceeds the upper bound 1.0{{0*}}e+00}}
  %0 = qopt.conv2d %x, %w {clamp_min = array<f32: 2.0>, clamp_max = array<f32: 3.0, 1.0, 3.0>}
     : (tensor<1x4x4x2xf32>, tensor<3x1x1x2xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @conv2d_c8(%x: tensor<1x4x4x2x!q8>, %w: tensor<3x1x1x2x!quant.uniform<i8:f32:3, {1.0, 2.0}>>) {
  // expected-error @+1 {{C8: expected weights quantized per tensor or along dimension 0}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x4x4x2x!q8>, tensor<3x1x1x2x!quant.uniform<i8:f32:3, {1.0, 2.0}>>) -> tensor<1x4x4x3x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @conv2d_c8_activation(%x: tensor<1x4x4x2x!quant.uniform<i8:f32:3, {1.0, 2.0}>>, %w: tensor<3x1x1x2x!q8>) {
  // expected-error @+1 {{C8: expected types quantized per tensor}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x4x4x2x!quant.uniform<i8:f32:3, {1.0, 2.0}>>, tensor<3x1x1x2x!q8>) -> tensor<1x4x4x3x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @conv2d_c9(%x: tensor<1x4x4x2x!q8>, %w: tensor<3x1x1x2x!q8>) {
  // expected-error @+1 {{C9: a float result of quantized operands has no residual and no clamp}}
  %0 = qopt.conv2d %x, %w {clamp_min = array<f32: 0.0>}
     : (tensor<1x4x4x2x!q8>, tensor<3x1x1x2x!q8>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @depthwise_c1(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x4x1xf32>) {
  // expected-error @+1 {{C1: expected weights of rank 3, got 4}}
  %0 = qopt.depthwise_conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<1x1x4x1xf32>) -> tensor<1x4x4x4xf32>
  return
}

// -----

func.func @depthwise_c2(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x4xf32>) {
  // expected-error @+1 {{C2: expected 2 strides of at least 1}}
  %0 = qopt.depthwise_conv2d %x, %w {strides = array<i64: 1>}
     : (tensor<1x4x4x2xf32>, tensor<1x1x4xf32>) -> tensor<1x4x4x4xf32>
  return
}

// -----

func.func @depthwise_c3(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x3xf32>) {
  // expected-error @+1 {{C3: expected weights for a multiple of 2 channels, got 3}}
  %0 = qopt.depthwise_conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<1x1x3xf32>) -> tensor<1x4x4x3xf32>
  return
}

// -----

func.func @depthwise_c4(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x4xf32>) {
  // expected-error @+1 {{C4: expected a result of shape [1, 4, 4, 4], got [1, 4, 4, 2]}}
  %0 = qopt.depthwise_conv2d %x, %w
     : (tensor<1x4x4x2xf32>, tensor<1x1x4xf32>) -> tensor<1x4x4x2xf32>
  return
}

// -----

func.func @depthwise_c5(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x4xf32>, %b: tensor<2xf32>) {
  // expected-error @+1 {{C5: expected a bias of shape [4], got [2]}}
  %0 = qopt.depthwise_conv2d %x, %w bias %b
     : (tensor<1x4x4x2xf32>, tensor<1x1x4xf32>, tensor<2xf32>) -> tensor<1x4x4x4xf32>
  return
}

// -----

func.func @depthwise_c7(%x: tensor<1x4x4x2xf32>, %w: tensor<1x1x4xf32>) {
  // expected-error @+1 {{C7: expected 1 or 4 clamp bounds, got 2}}
  %0 = qopt.depthwise_conv2d %x, %w {clamp_min = array<f32: 0.0, 0.0>}
     : (tensor<1x4x4x2xf32>, tensor<1x1x4xf32>) -> tensor<1x4x4x4xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @depthwise_c8(%x: tensor<1x4x4x2x!q8>, %w: tensor<1x1x4x!quant.uniform<i8:f32:0, {1.0}>>) {
  // expected-error @+1 {{C8: expected weights quantized per tensor or along dimension 2}}
  %0 = qopt.depthwise_conv2d %x, %w
     : (tensor<1x4x4x2x!q8>, tensor<1x1x4x!quant.uniform<i8:f32:0, {1.0}>>) -> tensor<1x4x4x4x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @depthwise_c9(%x: tensor<1x4x4x2x!q8>, %w: tensor<1x1x4x!q8>) {
  // expected-error @+1 {{C9: a float result of quantized operands}}
  %0 = qopt.depthwise_conv2d %x, %w {clamp_min = array<f32: 0.0>}
     : (tensor<1x4x4x2x!q8>, tensor<1x1x4x!q8>) -> tensor<1x4x4x4xf32>
  return
}

// -----

func.func @matmul_c1(%x: tensor<1x1x2xf32>, %w: tensor<3x2xf32>) {
  // expected-error @+1 {{C1: expected an input of rank 2, got 3}}
  %0 = qopt.matmul %x, %w : (tensor<1x1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @matmul_c4(%x: tensor<1x4xf32>, %w: tensor<3x2xf32>) {
  // expected-error @+1 {{C4: the input has 4 columns, the weights have 2}}
  %0 = qopt.matmul %x, %w : (tensor<1x4xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return
}

// -----

func.func @matmul_c4_result(%x: tensor<1x2xf32>, %w: tensor<3x2xf32>) {
  // expected-error @+1 {{C4: expected a result of shape [1, 3], got [1, 2]}}
  %0 = qopt.matmul %x, %w : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x2xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @matmul_c5(%x: tensor<1x2x!q8>, %w: tensor<3x2x!q8>, %b: tensor<3xf32>) {
  // expected-error @+1 {{C5: expected a bias of i32}}
  %0 = qopt.matmul %x, %w bias %b : (tensor<1x2x!q8>, tensor<3x2x!q8>, tensor<3xf32>) -> tensor<1x3x!q8>
  return
}

// -----

func.func @matmul_c7(%x: tensor<1x2xf32>, %w: tensor<3x2xf32>) {
  // expected-error @+1 {{C7: expected 1 or 3 clamp bounds, got 0}}
  %0 = qopt.matmul %x, %w {clamp_min = array<f32>} : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @matmul_c8(%x: tensor<1x2x!q8>, %w: tensor<3x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) {
  // expected-error @+1 {{C8: expected weights quantized per tensor or along dimension 0}}
  %0 = qopt.matmul %x, %w : (tensor<1x2x!q8>, tensor<3x2x!quant.uniform<i8:f32:1, {1.0, 2.0}>>) -> tensor<1x3x!q8>
  return
}

// -----

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
func.func @matmul_c9(%x: tensor<1x2x!q8>, %w: tensor<3x2x!q8>) {
  // expected-error @+1 {{C9: a float result}}
  %0 = qopt.matmul %x, %w {clamp_max = array<f32: 1.0>} : (tensor<1x2x!q8>, tensor<3x2x!q8>) -> tensor<1x3xf32>
  return
}

// -----

func.func @batch_norm_c1(%x: tensor<1x2xf32>, %p: tensor<1xf32>) {
  // expected-error @+1 {{C1: expected a parameter of shape [2], got [1]}}
  %0 = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = 0.0 : f32}
     : (tensor<1x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @batch_norm_c2(%x: tensor<1x1xf32>, %p: tensor<1xf32>) {
  // expected-error @+1 {{C2: epsilon must be finite and not negative}}
  %0 = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = -1.0 : f32}
     : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return
}

// -----

func.func @batch_norm_c3(%x: tensor<1x1xf32>, %p: tensor<1xf32>) {
  // expected-error @+1 {{C3: expected a result of shape [1, 1], got [1]}}
  %0 = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = 0.0 : f32}
     : (tensor<1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1xf32>
  return
}

// -----

func.func @conv2d_c4_kernel(%x: tensor<1x1x1x1xf32>, %w: tensor<1x1099511627776x1x1xf32>) {
  // expected-error @+1 {{C4: expected 2 kernel sizes of at least 1}}
  %0 = qopt.conv2d %x, %w
     : (tensor<1x1x1x1xf32>, tensor<1x1099511627776x1x1xf32>) -> tensor<1x1x1x1xf32>
  return
}
