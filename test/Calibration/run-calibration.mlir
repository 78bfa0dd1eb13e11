// RUN: %python %S/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-run-calibration="data=%t/samples.npy ranges=%t/ranges.json" | FileCheck %s
// RUN: FileCheck %s --check-prefix=JSON < %t/ranges.json
// RUN: qopt %s --qopt-run-calibration="ranges=%t/ranges.json" | FileCheck %s
// RUN: qopt %s --mlir-disable-threading --qopt-run-calibration="data=%t/samples.npy ranges=%t/again.json"
// RUN: diff %t/ranges.json %t/again.json

// Samples (-1, 0.5), (0.25, 2), (0, 0), (1.5, -0.5); the layer computes max(0, [a - b, 0.1 * a]).
// CHECK-LABEL: func @layer
// CHECK:         qopt.observe %{{.*}} {name = "image", range = array<f32: -1.000000e+00, 2.000000e+00>}
// CHECK:         qopt.observe %{{.*}} {name = "fc1", range = array<f32: 0.000000e+00, 2.000000e+00>}

// JSON:      {
// JSON-NEXT:   "schema": 1,
// JSON-NEXT:   "ranges": {
// JSON-NEXT:     "image": [-1, 2],
// JSON-NEXT:     "fc1": [0, 2]
// JSON-NEXT:   }
// JSON-NEXT: }
func.func @layer(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "image"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[1.0, -1.0], [0.1, 0.0]]> : tensor<2x2xf32>
  %h = qopt.matmul %0, %w {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.observe %h {name = "fc1"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
