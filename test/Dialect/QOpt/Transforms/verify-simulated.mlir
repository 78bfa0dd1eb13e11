// RUN: qopt %s --qopt-verify-simulated --split-input-file --verify-diagnostics

!q = !quant.uniform<i8:f32, 0.5>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

// Rounded before the move, an unrounded convolution before its residual addition, float logits.
func.func @simulated_level(%x: tensor<1x2x2x1xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !q : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %w = qopt.constant dense<1.0> : tensor<1x1x1x1xf32>
  %wq = qopt.fake_quant %w as !w : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %c = qopt.conv2d %0, %wq : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %s = qopt.add %c, %0 : (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %1 = qopt.fake_quant %s as !q : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %2 = qopt.reshape %1 : (tensor<1x2x2x1xf32>) -> tensor<1x4xf32>
  %v = qopt.constant dense<1.0> : tensor<1x4xf32>
  %vq = qopt.fake_quant %v as !w : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %y = qopt.matmul %2, %vq : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @not_simulated_with_observer(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{observer 'a' is left; run qopt-nudge-ranges first}}
  %0 = qopt.observe %x {name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @not_simulated_with_float_operand(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 's' (qopt.add): operand 1 is on no grid; put a qopt.fake_quant on it}}
  %s = qopt.add %0, %1 {qopt.layer = "s"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %s : tensor<1x2xf32>
}

// -----

func.func @not_simulated_with_float_weights(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its weights are on no grid; put a qopt.fake_quant on them}}
  %y = qopt.matmul %0, %w {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @not_simulated_with_computed_weights(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its weights are not constant}}
  %y = qopt.matmul %0, %0 {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @not_simulated_with_batch_norm(%x: tensor<1x2xf32>, %p: tensor<2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{layer 'bn' (qopt.batch_norm): exists on the float level only; fold it with qopt-fold-batch-norm before observers are inserted}}
  %y = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-3 : f32, qopt.layer = "bn"}
       : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
