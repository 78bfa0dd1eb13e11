// RUN: %python %S/Inputs/make_samples.py %t
// RUN: not qopt %s --qopt-run-calibration 2>&1 | FileCheck %s --check-prefix=NOTHING
// RUN: not qopt %s --qopt-run-calibration=data=%t/missing.npy 2>&1 | FileCheck %s --check-prefix=MISSING
// RUN: not qopt %s --qopt-run-calibration=data=%t/empty.npy 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not qopt %s --qopt-run-calibration=data=%t/three.npy 2>&1 | FileCheck %s --check-prefix=THREE
// RUN: not qopt %s --qopt-run-calibration=data=%t/wide.npy 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not qopt %s --qopt-run-calibration=data=%t/nan.npy 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not qopt %s --qopt-run-calibration=data=%t/inf.npy 2>&1 | FileCheck %s --check-prefix=INF
// RUN: not qopt %s --qopt-run-calibration=data=%t/huge.npy 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not qopt %s --qopt-run-calibration="data=%t/samples.npy percentile=20" 2>&1 | FileCheck %s --check-prefix=PERCENTILE
// RUN: not qopt %s --qopt-run-calibration="data=%t/samples.npy momentum=1" 2>&1 | FileCheck %s --check-prefix=MOMENTUM
// RUN: not qopt %s --qopt-run-calibration="data=%t/samples.npy ranges=%t/no/such/folder/r.json" 2>&1 | FileCheck %s --check-prefix=UNWRITABLE
// RUN: not qopt %s --qopt-run-calibration=ranges=%t/missing.json 2>&1 | FileCheck %s --check-prefix=UNREADABLE
// RUN: echo '{"schema": 2, "ranges": {}}' > %t/schema.json
// RUN: not qopt %s --qopt-run-calibration=ranges=%t/schema.json 2>&1 | FileCheck %s --check-prefix=SCHEMA
// RUN: echo '{"schema": 1, "ranges": {"image": [0, 1]}}' > %t/short.json
// RUN: not qopt %s --qopt-run-calibration=ranges=%t/short.json 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: echo '{"schema": 1, "ranges": {"image": [2, 1]}}' > %t/inverted.json
// RUN: not qopt %s --qopt-run-calibration=ranges=%t/inverted.json 2>&1 | FileCheck %s --check-prefix=INVERTED
// RUN: echo '{"schema": 1, ' > %t/broken.json
// RUN: not qopt %s --qopt-run-calibration=ranges=%t/broken.json 2>&1 | FileCheck %s --check-prefix=BROKEN

// NOTHING:    calibration needs example inputs (data=X.npy) or ranges (ranges=FILE)
// MISSING:    missing.npy
// EMPTY:      empty.npy: holds zero samples for input 'image'; pass at least one
// THREE:      three.npy: 3 samples are no multiple of the batch 2 of input 'image'
// WIDE:       wide.npy: input 'image' needs samples of shape [2, 2], the file has [4, 3]
// NAN:        nan.npy: sample 2 of input 'image' holds NaN; remove it from the data
// INF:        inf.npy: sample 3 of input 'image' holds an infinity; remove it from the data
// HUGE:       huge.npy: samples 0 to 1: 'sum' becomes NaN or infinite
// PERCENTILE: percentile 20 is not between 50 and 100
// MOMENTUM:   momentum 1 is not between 0 and 1
// UNWRITABLE: r.json: cannot be written
// UNREADABLE: missing.json: cannot be read
// SCHEMA:     schema.json: is no ranges file of schema 1
// SHORT:      short.json: no range for 'sum'
// INVERTED:   inverted.json: range 'image' is not two finite numbers, lo <= hi
// BROKEN:     broken.json:
func.func @network(%x: tensor<2x2xf32> {qopt.name = "image"}) -> tensor<2x1xf32> {
  %0 = qopt.observe %x {name = "image"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %y = qopt.matmul %0, %w : (tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<2x1xf32>
  %1 = qopt.observe %y {name = "sum"} : (tensor<2x1xf32>) -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}
