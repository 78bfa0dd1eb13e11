// RUN: %python %S/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-run-calibration="data=%t/lattice.npy exact-inputs=true" | FileCheck %s --check-prefixes=CHECK,EXACT
// RUN: qopt %s --qopt-run-calibration="data=%t/lattice.npy" | FileCheck %s --check-prefixes=CHECK,SEEN
// RUN: qopt %s --qopt-run-calibration="data=%t/shifted.npy exact-inputs=true" | FileCheck %s --check-prefix=SHIFTED

// The inputs are -50 to 149 times 0.75. 56 of the 256 steps are left over: half of them for either
// side. What a layer computes keeps the range that was seen, though it lies on the same lattice.
// CHECK-LABEL: func @layer
// EXACT:         qopt.observe %{{.*}} {name = "features", range = array<f32: -5.850000e+01, 1.327500e+02>}
// SEEN:          qopt.observe %{{.*}} {name = "features", range = array<f32: -3.750000e+01, 1.117500e+02>}
// CHECK:         qopt.observe %{{.*}} {name = "fc1", range = array<f32: -3.750000e+01, 1.110000e+02>}

// Zero is on every grid, and not on this lattice.
// SHIFTED:       qopt.observe %{{.*}} {name = "features", range = array<f32: -3.725000e+01, 1.120000e+02>}
func.func @layer(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "features"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[1.0, 0.0]]> : tensor<1x2xf32>
  %h = qopt.matmul %0, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %1 = qopt.observe %h {name = "fc1"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
