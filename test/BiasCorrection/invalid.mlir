// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: not qopt %s --qopt-record-means 2>&1 | FileCheck %s --check-prefix=NO-DATA
// RUN: not qopt %s --qopt-record-means="data=%t/samples.npy" 2>&1 | FileCheck %s --check-prefix=SEVERAL
// RUN: not qopt %s --qopt-record-means="data=%t/samples.npy function=third" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not qopt %s --qopt-record-means="data=%t/samples.npy function=second" 2>&1 | FileCheck %s --check-prefix=SIMULATED
// RUN: not qopt %s --qopt-record-means="data=%t/wide.npy function=first" 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not qopt %s --qopt-record-means="data=%t/huge.npy function=first" 2>&1 | FileCheck %s --check-prefix=INFINITE
// RUN: not qopt %s --qopt-correct-bias="mode=pre" 2>&1 | FileCheck %s --check-prefix=NO-DATA
// RUN: not qopt %s --qopt-correct-bias="mode=before data=x" 2>&1 | FileCheck %s --check-prefix=MODE
// RUN: not qopt %s --qopt-correct-bias="bits=8 data=x" 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not qopt %s --qopt-correct-bias="least-slope=0 data=x" 2>&1 | FileCheck %s --check-prefix=SLOPE
// RUN: not qopt %s --qopt-correct-bias="engine=fast data=x" 2>&1 | FileCheck %s --check-prefix=ENGINE
// RUN: not qopt %s --qopt-correct-bias="residual-shift=no data=x" 2>&1 | FileCheck %s --check-prefix=RESIDUAL
// RUN: not qopt %s --qopt-correct-bias="data=%t/samples.npy function=first" 2>&1 | FileCheck %s --check-prefix=LEVEL
// RUN: not qopt %s --qopt-correct-bias="data=%t/samples.npy function=second engine=reference" 2>&1 | FileCheck %s --check-prefix=NO-MEANS

// NO-DATA:   error: {{.*}} needs example inputs (data=X.npy)
// SEVERAL:   error: the module has 2 networks; say with function=NAME which the data is for
// UNKNOWN:   error: no network with layers is called 'third'
// SIMULATED: error: network 'second' is simulated already
// SHAPE:     error: {{.*}}wide.npy: input 'input0' needs samples of shape [1, 2]
// INFINITE:  error: layer 'fc1' becomes NaN or infinite
// MODE:      error: unknown mode 'before': use pre, post or pre+post
// BITS:      error: biases have 16 or 32 bits, not 8
// SLOPE:     error: least-slope is above 0 and at most 1
// ENGINE:    error: unknown engine 'fast': use auto, jit or reference
// RESIDUAL:  error: unknown residual-shift 'no': use correct or keep
// LEVEL:     error: layer 'fc1' is not on the quantized level
// NO-MEANS:  error: network 'second' has no recorded means; run qopt-record-means
func.func @first(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<3.0> : tensor<1x2xf32>
  %y = qopt.matmul %x, %w {qopt.layer = "fc1", qopt.mean_before = array<f32: 0.0>} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

func.func @second(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 1.0> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<3.0> : tensor<1x2xf32>
  %y = qopt.matmul %0, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
