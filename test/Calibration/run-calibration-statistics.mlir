// RUN: %python %S/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-run-calibration="data=%t/ramp.npy momentum=0.5 percentile=80" | FileCheck %s
// RUN: qopt %s --mlir-disable-threading --qopt-run-calibration="data=%t/ramp.npy momentum=0.5 percentile=80" | FileCheck %s

// Ten samples (1, 2), (3, 4), ... (19, 20). With momentum 1/2 the bounds follow the samples in their
// order; a percentile of 80 leaves out a fifth of the 20 values at either end,
// to the width of a histogram bin.
// CHECK-LABEL: func @statistics
// CHECK:         calibrator = "moving-average", {{.*}} range = array<f32: 17.0039063, 18.0039063>
// CHECK:         calibrator = "percentile", {{.*}} range = array<f32: 4.000000e+00, 17.0078125>}
func.func @statistics(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "a", calibrator = "moving-average"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.observe %0 {name = "b", calibrator = "percentile"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
