// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --split-input-file --qopt-record-means=data=%t/samples.npy | FileCheck %s
// RUN: qopt %s --split-input-file --mlir-disable-threading --qopt-record-means=data=%t/samples.npy | FileCheck %s

// Samples (-1, 0.5), (0.25, 2), (0, 0), (1.5, -0.5): their mean is (0.1875, 0.5). The layer computes
// a - b + 1 = -0.5, -0.75, 1, 3 and 2 a.
// CHECK-LABEL: func @layer
// CHECK:         qopt.matmul
// CHECK-SAME:      qopt.mean_after = array<f32: 1.000000e+00, 8.750000e-01>
// CHECK-SAME:      qopt.mean_before = array<f32: 6.875000e-01, 3.750000e-01>
func.func @layer(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<[[1.0, -1.0], [2.0, 0.0]]> : tensor<2x2xf32>
  %b = qopt.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %y = qopt.matmul %x, %w bias %b {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// At the border taps meet padding: the left one sees (0, a), the middle one (a, b), the right one
// (b, 0); so the mean over two pixels is (w0 a + w1 (a + b) + w2 b) / 2, for weights 1, 2, 9 and
// means 0.1875, 0.5.
// CHECK-LABEL: func @border
// CHECK:         qopt.conv2d
// CHECK-SAME:      qopt.mean_after = array<f32: 3.031250e+00>
// CHECK-SAME:      qopt.mean_before = array<f32: 3.031250e+00>
func.func @border(%x: tensor<1x2xf32>) -> tensor<1x1x2x1xf32> {
  %image = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<1x1x2x1xf32>
  %w = qopt.constant dense<[[[[1.0], [2.0], [9.0]]]]> : tensor<1x1x3x1xf32>
  %y = qopt.conv2d %image, %w {pads = array<i64: 0, 1, 0, 1>} : (tensor<1x1x2x1xf32>, tensor<1x1x3x1xf32>) -> tensor<1x1x2x1xf32>
  return %y : tensor<1x1x2x1xf32>
}

// -----

// An addition that becomes a residual has the mean of its sum; others are left alone.
// CHECK-LABEL: func @residual
// CHECK:         qopt.conv2d {{.*}}qopt.mean_before = array<f32: 6.875000e-01>
// CHECK:         qopt.add {{.*}}qopt.mean_after = array<f32: {{.*}}>, qopt.mean_before = array<f32: 1.031250e+00>
// CHECK:         qopt.add %{{[0-9a-z]+}}, %{{[0-9a-z]+}} :
func.func @residual(%x: tensor<1x2xf32>) -> tensor<1x1x2x1xf32> {
  %image = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<1x1x2x1xf32>
  %w = qopt.constant dense<2.0> : tensor<1x1x1x1xf32>
  %h = qopt.conv2d %image, %w : (tensor<1x1x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x1xf32>
  %s = qopt.add %h, %image {clamp_min = array<f32: 0.0>} : (tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  %t = qopt.add %s, %image : (tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>) -> tensor<1x1x2x1xf32>
  return %t : tensor<1x1x2x1xf32>
}
