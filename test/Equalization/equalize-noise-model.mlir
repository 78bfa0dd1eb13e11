// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-tensor" 2>&1 | FileCheck %s
// RUN: qopt %s --mlir-disable-threading --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-tensor" 2>&1 | FileCheck %s
// RUN: qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-channel" 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy steps=0" | FileCheck %s --check-prefix=NONE

// The data is (1, 2), (3, 4), ... (19, 20): either input has the mean square 33 about its mean, and one
// run in a thousand exceeds 10 + 4.935 * 6.06 = 39.9 and 40.9. The derivatives are 1 by a's results, 1
// and 64 by its inputs. So the energy is (33 + 33) (64 / 127)^2 / 12 + (33 + 64^2 * 33) (1 / 127)^2 / 12
// from weights, 2 (2000 / 255)^2 / 12 from a's results, (1 + 64^2) (40.9 / 255)^2 / 12 from the input.
// In the optimum each channel has a part of the grid, and the tensor of the second layer as well. The
// clip follows: 2000 / s.
// CHECK: remark: layer 'b' (qopt.matmul): not equalized: its output is a result of the network
// CHECK: remark: predicted noise of the outputs: 2.112E+01 before, 1.53{{[0-9]}}E+01 after equalization (-1.4 dB)
// CHECK: clamp_max = array<f32: 7374.{{[0-9]*}}, 542.{{[0-9]*}}>
// ROWS: remark: predicted noise of the outputs: 2.043E+01 before, 1.53{{[0-9]}}E+01 after equalization (-1.2 dB)
// ROWS: clamp_max = array<f32: 7257.{{[0-9]*}}, 551.{{[0-9]*}}>
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
