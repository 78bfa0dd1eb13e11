// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: not qopt %s --qopt-equalize-noise-model 2>&1 | FileCheck %s --check-prefix=NO-DATA
// RUN: not qopt %s --qopt-equalize-noise-model="data=%t/wide.npy" 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not qopt %s --qopt-equalize-noise-model="data=%t/nan.npy" 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not qopt %s --qopt-equalize-noise-model="data=%t/huge.npy" 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: not qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy weights=per-row" 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// RUN: not qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy function=other" 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not qopt %s --qopt-equalize-noise-model="data=%t/ramp.npy weight-noise=nan" 2>&1 | FileCheck %s --check-prefix=SHARE
// RUN: not qopt %s --qopt-split-into-dead-slots 2>&1 | FileCheck %s --check-prefix=SPLIT
// RUN: not qopt %s --qopt-split-outliers 2>&1 | FileCheck %s --check-prefix=OUTLIERS
// RUN: not qopt %s --qopt-split-outliers="data=%t/ramp.npy share=1.5" 2>&1 | FileCheck %s --check-prefix=BUDGET
// RUN: not qopt %s --qopt-split-outliers="data=%t/ramp.npy granularity=0" 2>&1 | FileCheck %s --check-prefix=GRANULARITY
// RUN: not qopt %s --qopt-split-outliers="data=%t/ramp.npy weights=per-row" 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// RUN: not qopt %s --qopt-split-outliers="data=%t/nan.npy" 2>&1 | FileCheck %s --check-prefix=NAN

// NO-DATA: error: noise-model equalization measures activations: it needs example inputs (data=X.npy)
// SHAPE: error: {{.*}}wide.npy: input 'input0' needs samples of shape [1, 2], the file has [4, 3]
// NAN: error: {{.*}}nan.npy: sample 2 of input 'input0' holds NaN; remove it from the data
// HUGE: error: {{.*}}huge.npy: sample 1: 'a' becomes NaN or infinite
// WEIGHTS: error: unknown weights option 'per-row': use per-channel or per-tensor
// SHARE: error: weight-noise nan is not over 0 and at most 1
// NAME: error: no network is called 'other'
// SPLIT: error: splitting channels needs example inputs (data=X.npy) to find the noisiest
// OUTLIERS: error: splitting outliers needs example inputs (data=X.npy) to find them
// BUDGET: error: share 1.5 is not between 0 and 1
// GRANULARITY: error: granularity must be at least 1
func.func @net(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<[[1.0, 2.0], [2.0, 64.0]]> : tensor<2x2xf32>
  %0 = qopt.matmul %x, %w {qopt.layer = "a"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
