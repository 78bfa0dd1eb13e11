// RUN: qopt %s --qopt-insert-observers --split-input-file --verify-diagnostics
// RUN: not qopt %s --qopt-insert-observers=calibrator=median 2>&1 | FileCheck %s --check-prefix=CALIBRATOR

// CALIBRATOR: unknown calibrator 'median': use minmax, moving-average, percentile, mse, entropy, aciq-gauss or aciq-laplace

func.func @no_observers_on_batch_norm(%x: tensor<1x2xf32>, %p: tensor<2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{layer 'bn' (qopt.batch_norm): has no quantized form: fold it with qopt-fold-batch-norm first}}
  %y = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-3 : f32, qopt.layer = "bn"}
       : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

func.func @no_observers_on_quantized(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{'qopt.fake_quant' is quantized already: observers belong on the float level}}
  %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
