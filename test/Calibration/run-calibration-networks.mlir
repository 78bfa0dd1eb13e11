// RUN: %python %S/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-run-calibration="data=%t/samples.npy function=b" \
// RUN:   --qopt-run-calibration="data=%t/ramp.npy function=a ranges=%t/ranges.json" | FileCheck %s
// RUN: FileCheck %s --check-prefix=JSON < %t/ranges.json
// RUN: qopt %s --qopt-run-calibration=ranges=%t/ranges.json | FileCheck %s
// RUN: not qopt %s --qopt-run-calibration=data=%t/samples.npy 2>&1 | FileCheck %s --check-prefix=WHICH
// RUN: not qopt %s --qopt-run-calibration="data=%t/samples.npy function=c" 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// WHICH: the module has 2 networks; say with function=NAME which the data is for
// UNKNOWN: no network with observers is called 'c'
// JSON: "a/x": [1, 20]
// JSON: "b/x": [-1, 2]

// CHECK-LABEL: func @a
// CHECK:         range = array<f32: 1.000000e+00, 2.000000e+01>
func.func @a(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = qopt.observe %x {name = "x"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// CHECK-LABEL: func @b
// CHECK:         range = array<f32: -1.000000e+00, 2.000000e+00>
func.func @b(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "x"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
