// RUN: qopt %s --qopt-equalize-cross-layer --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @no_scale_when_result
func.func @no_scale_when_result(%x: tensor<1x1xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %w0 = qopt.constant dense<64.0> : tensor<1x1xf32>
  %w1 = qopt.constant dense<1.0> : tensor<1x1xf32>
  // CHECK: clamp_max = array<f32: 6.000000e+00>
  // expected-remark @+1 {{layer 'a' (qopt.matmul): not equalized: its output is a result of the network}}
  %0 = qopt.matmul %x, %w0 {clamp_max = array<f32: 6.0>, qopt.layer = "a"}
     : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @+1 {{layer 'b' (qopt.matmul): not equalized: its output is a result of the network}}
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_scale_when_shared
func.func @no_scale_when_shared(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<64.0> : tensor<1x1xf32>
  %w1 = qopt.constant dense<1.0> : tensor<1x1xf32>
  // expected-remark @+1 {{layer 'a' (qopt.matmul): not equalized: 'b' shares its weights with another layer}}
  %0 = qopt.matmul %x, %w0 {qopt.layer = "a"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @+1 {{layer 'b' (qopt.matmul): not equalized: 'b' shares its weights with another layer}}
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @+1 {{layer 'c' (qopt.matmul): not equalized: 'c' shares its weights with another layer}}
  %2 = qopt.matmul %1, %w1 {qopt.layer = "c"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @no_scale_when_op_does_not_scale
func.func @no_scale_when_op_does_not_scale(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<64.0> : tensor<1x1xf32>
  %w1 = qopt.constant dense<1.0> : tensor<1x1xf32>
  // expected-remark @+1 {{layer 'a' (qopt.matmul): not equalized: 'squash' (qopt.unary) does not scale channel by channel}}
  %0 = qopt.matmul %x, %w0 {qopt.layer = "a"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = qopt.unary sigmoid %0 {qopt.layer = "squash"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @+1 {{its output is a result of the network}}
  %2 = qopt.matmul %1, %w1 {qopt.layer = "b"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

func.func @refuse_when_observed(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-error @+1 {{equalization changes ranges, so it comes before observers and grids}}
  %0 = qopt.observe %x {name = "x"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
