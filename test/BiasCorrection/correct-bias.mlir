// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-correct-bias="data=%t/samples.npy" | FileCheck %s --check-prefixes=CHECK,PRE
// RUN: qopt %s --qopt-correct-bias="data=%t/samples.npy engine=reference" | FileCheck %s --check-prefixes=CHECK,PRE
// RUN: qopt %s --mlir-disable-threading --qopt-correct-bias="data=%t/samples.npy mode=pre" | FileCheck %s --check-prefixes=CHECK,PRE
// RUN: qopt %s --qopt-correct-bias="data=%t/samples.npy bits=16" | FileCheck %s --check-prefix=NARROW
// RUN: qopt %s --qopt-correct-bias="data=%t/samples.npy mode=post" | FileCheck %s --check-prefix=POST
// RUN: qopt %s --qopt-correct-bias="data=%t/samples.npy mode=post engine=reference" | FileCheck %s --check-prefix=POST

!input = !quant.uniform<i8:f32, 1.562500e-02>
!weights = !quant.uniform<i8<-127:127>:f32, 1.562500e-02>
!result = !quant.uniform<i8:f32, 3.125000e-02:-128>

// Codes of the samples (-1, 0.5), (0.25, 2), (0, 0), (1.5, -0.5): (-64, 32), (16, 127), (0, 0),
// (96, -32); sums 48 and 127. Channel 0 computes 64 a, mean 64 * 12 + 7 = 775 in steps of 2^-12, and
// is to have 0.25 = 1024 steps; channel 1 computes 32 b, mean 1016, and is to have 20 = 81920 steps.
// CHECK-LABEL: func @layer
// PRE:           %[[BIAS:.*]] = qopt.constant {{.*}} : tensor<2xi32>
// CHECK:         qopt.matmul
// CHECK-NOT:     qopt.mean
// 7 + 1024 - 775 = 256, 81920 - 1016 = 80904.
// PRE:           bias{{.*}}: "0x1000000000010000083C0100"
// NARROW:        bias{{.*}}: "0x1000000000010000FF7F0000"
// After the clamp the means are to be 0.5 and 1. Channel 0 tries 7, 519, 348 and 305, where it has
// the means 0.4375, 0.53125, 0.5078125 and 0.484375: 348. Channel 1 goes to 5632 and back to 3072.
// POST:          bias{{.*}}: "0x100000005C010000000C0000"
func.func @layer(%x: tensor<1x2xf32>) -> tensor<1x2xf32> attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!input>
  %w = qopt.constant dense_resource<weights> : tensor<2x2x!weights>
  %b = qopt.constant dense<[7, 0]> : tensor<2xi32>
  %y = qopt.matmul %0, %w bias %b {clamp_min = array<f32: 0.0>, qopt.mean_before = array<f32: 0.25, 20.0>, qopt.mean_after = array<f32: 0.5, 1.0>} : (tensor<1x2x!input>, tensor<2x2x!weights>, tensor<2xi32>) -> tensor<1x2x!result>
  %f = qopt.dequantize %y : (tensor<1x2x!result>) -> tensor<1x2xf32>
  return %f : tensor<1x2xf32>
}
{-# dialect_resources: { builtin: { weights: "0x1000000040000020" } } #-}
