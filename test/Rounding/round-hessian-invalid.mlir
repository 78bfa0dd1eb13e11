// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: not qopt %s --qopt-round-hessian 2>&1 | FileCheck %s --check-prefix=NO-DATA
// RUN: not qopt %s --qopt-round-hessian="data=%t/equal.npy" 2>&1 | FileCheck %s --check-prefix=TWO
// RUN: not qopt %s --qopt-round-hessian="data=%t/equal.npy function=c" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not qopt %s --qopt-round-hessian="data=%t/wide.npy function=a" 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not qopt %s --qopt-round-hessian="data=%t/nan.npy function=a" 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not qopt %s --qopt-round-hessian="data=%t/huge.npy function=b" 2>&1 | FileCheck %s --check-prefix=INFINITE
// RUN: not qopt %s --qopt-round-hessian="data=%t/equal.npy function=a damping=0" 2>&1 | FileCheck %s --check-prefix=DAMPING
// RUN: not qopt %s --qopt-round-hessian="data=%t/equal.npy function=a max-inputs=0" 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: echo "func.func @f(%%x: tensor<1x2xf32>) -> tensor<1x2xf32> { return %%x : tensor<1x2xf32> }" > %t/float.mlir
// RUN: not qopt %t/float.mlir --qopt-round-hessian="data=%t/equal.npy" 2>&1 | FileCheck %s --check-prefix=FLOAT
// RUN: qopt %s --qopt-round-hessian="data=%t/equal.npy function=a max-inputs=1" 2>&1 | FileCheck %s --check-prefix=TOO-MANY

// NO-DATA: rounding by the Hessian needs example inputs (data=X.npy)
// TWO: the module has 2 networks; say with function=NAME which the data is for
// UNKNOWN: no network with rounded weights is called 'c'
// SHAPE: wide.npy: input 'input0' needs samples of shape [1, 2], the file has [4, 3]
// NAN: nan.npy: sample 2 of input 'input0' holds NaN; remove it from the data
// INFINITE: layer 'fc': the covariance of the inputs is not finite
// DAMPING: damping 0 is not over 0 and at most 1
// INPUTS: max-inputs must be at least 1
// FLOAT: no network has rounded constant weights; run qopt-nudge-ranges first
// TOO-MANY: remark: layer 'fc' (qopt.matmul): keeps nearest rounding, for it has 2 inputs per output and max-inputs is 1
func.func @a(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<[[0.4, 0.4]]> : tensor<1x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = qopt.matmul %x, %1 {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

func.func @b(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %h = qopt.add %x, %x : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[0.4, 0.4]]> : tensor<1x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = qopt.matmul %h, %1 {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
