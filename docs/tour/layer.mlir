// One convolution as exporters leave it: batch normalization and ReLU6 apart.
func.func @layer(%image: tensor<1x4x4x2xf32> {qopt.name = "image"})
    -> (tensor<1x4x4x2xf32> {qopt.name = "out"}) {
  %weights = qopt.constant dense<[[[[0.5, -0.25]]], [[[1.0, 2.0]]]]> : tensor<2x1x1x2xf32>
  %gamma = qopt.constant dense<[2.0, 0.5]> : tensor<2xf32>
  %beta = qopt.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %mean = qopt.constant dense<0.0> : tensor<2xf32>
  %variance = qopt.constant dense<1.0> : tensor<2xf32>
  %conv = qopt.conv2d %image, %weights {qopt.layer = "conv"}
      : (tensor<1x4x4x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x4x4x2xf32>
  %bn = qopt.batch_norm %conv, %gamma, %beta, %mean, %variance {epsilon = 0.0 : f32, qopt.layer = "bn"}
      : (tensor<1x4x4x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x4x4x2xf32>
  %relu6 = qopt.clamp %bn {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>, qopt.layer = "relu6"}
      : (tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %relu6 : tensor<1x4x4x2xf32>
}
