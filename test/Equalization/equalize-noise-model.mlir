// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-tensor" 2>&1 | FileCheck %s
// RUN: qopt %s --mlir-disable-threading --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-tensor" 2>&1 | FileCheck %s
// RUN: qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-channel" 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy steps=0" | FileCheck %s --check-prefix=NONE

// The data is (1, 2), (3, 4), ... (19, 20), so that the channels end at 19 and 64 * 20. In the optimum
// each has a part of the grid, and the tensor of the second layer as well. The clip follows: 2000 / s.
// CHECK: remark: layer 'b' (qopt.matmul): not equalized: its output is a result of the network
// CHECK: remark: predicted noise of the outputs: 8.395E+00 before, 5.64{{[0-9]}}E+00 after equalization (-1.7 dB)
// CHECK: clamp_max = array<f32: 6728.{{[0-9]*}}, 594.{{[0-9]*}}>
// ROWS: remark: predicted noise of the outputs: 7.697E+00 before, 5.63{{[0-9]}}E+00 after equalization (-1.4 dB)
// ROWS: clamp_max = array<f32: 6491.{{[0-9]*}}, 616.{{[0-9]*}}>
// NONE: clamp_max = array<f32: 2.000000e+03>
func.func @net(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[1.0, 0.0], [0.0, 64.0]]> : tensor<2x2xf32>
  %w1 = qopt.constant dense<[[1.0, 1.0]]> : tensor<1x2xf32>
  %0 = qopt.matmul %x, %w0
       {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 2000.0>, qopt.layer = "a"}
     : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
