// RUN: qopt %s --qopt-fold-batch-norm --verify-diagnostics

func.func @no_fold_when_variance_is_not_positive(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %one = qopt.constant dense<1.0> : tensor<2xf32>
  %variance = qopt.constant dense<[1.0, -2.0]> : tensor<2xf32>
  // expected-error @+1 {{cannot fold 'bn1': variance + epsilon of channel 1 is -1}}
  %0 = qopt.batch_norm %x, %one, %one, %one, %variance {epsilon = 1.0 : f32, qopt.layer = "bn1"}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
