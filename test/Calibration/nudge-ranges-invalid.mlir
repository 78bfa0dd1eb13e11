// RUN: qopt %s --qopt-nudge-ranges --split-input-file --verify-diagnostics
// RUN: not qopt %s --qopt-nudge-ranges=weights=per-row 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// RUN: not qopt %s --qopt-nudge-ranges=activations=half 2>&1 | FileCheck %s --check-prefix=ACTIVATIONS
// RUN: not qopt %s --qopt-nudge-ranges=logits=int 2>&1 | FileCheck %s --check-prefix=LOGITS

// LOGITS: unknown logits option 'int': use float or quantized
// WEIGHTS: unknown weights option 'per-row': use per-channel or per-tensor
// ACTIVATIONS: unknown activations option 'half': use asymmetric or symmetric

func.func @no_grid_without_range(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{observer 'a' has no range; run qopt-run-calibration first}}
  %0 = qopt.observe %x {name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @no_grid_for_computed_weights(%x: tensor<1x2xf32>, %w: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): weights must be constant to be quantized}}
  %y = qopt.matmul %0, %w {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @no_grid_for_nan(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[1.0, 0x7FC00000]]> : tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): weights hold NaN or infinities; repair the model}}
  %y = qopt.matmul %0, %w {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @no_grid_for_unobserved_input(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its input is on no grid; run qopt-insert-observers first}}
  %y = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// 1e6 / (0.5/255 * 1e-9/127) is far above 2^30.
func.func @scale_raised_for_bias(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0e-9> : tensor<1x2xf32>
  %b = qopt.constant dense<1.0e6> : tensor<1xf32>
  // expected-remark @+1 {{layer 'fc' (qopt.matmul): weight scales of 1 channels raised, for their biases would not fit 32 bits}}
  %y = qopt.matmul %0, %w bias %b {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// No float scale is large enough.
func.func @no_scale_for_bias(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 1.0e-35>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %b = qopt.constant dense<3.0e38> : tensor<1xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): channel 0: }}
  %y = qopt.matmul %0, %w bias %b {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Not refused, but said: sharing a grid costs 'small' more than two bits.
func.func @remark_when_sharing_is_costly(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x4xf32> {
  // expected-remark @+1 {{'small' has the range [0.000000e+00, 5.000000e-01] but shares the grid of [0.000000e+00, 5.000000e+00] with what its bytes are moved together with, at the cost of 3 of 8 bits}}
  %0 = qopt.observe %x {name = "small", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.observe %y {name = "large", range = array<f32: 0.0, 5.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.concat %0, %1 {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}
