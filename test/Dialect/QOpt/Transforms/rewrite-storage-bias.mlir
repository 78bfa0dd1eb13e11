// RUN: qopt %s --qopt-rewrite-storage=weights=full | FileCheck %s
// RUN: not qopt %s --qopt-rewrite-storage="zero-points=asymmetric exact=false" 2>&1 | FileCheck %s --check-prefix=BIAS

!x = !quant.uniform<i8:f32, 1.0>
!y = !quant.uniform<i8:f32, 0.5>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

// What was proven for other storage is forgotten.
// CHECK-LABEL: func @bound
// CHECK-NOT:     qopt.accumulator_bound
func.func @bound(%x: tensor<1x2x!x>) -> tensor<1x1x!x> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %y = qopt.matmul %x, %w {qopt.accumulator_bound = 383 : i64} : (tensor<1x2x!x>, tensor<1x2x!w>) -> tensor<1x1x!x>
  return %y : tensor<1x1x!x>
}

// A clamp at 0 halves the scale of the input, which doubles the bias.
// BIAS: layer 'fc' (qopt.matmul): channel 0: the bias does not fit 32 bits on the new grid
func.func @no_rewrite_when_bias_grows(%x: tensor<1x2x!x>) -> tensor<1x1x!x> {
  %0 = qopt.add %x, %x {clamp_min = array<f32: 0.0>} : (tensor<1x2x!x>, tensor<1x2x!x>) -> tensor<1x2x!y>
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %b = qopt.constant dense<2147483647> : tensor<1xi32>
  %y = qopt.matmul %0, %w bias %b {qopt.layer = "fc"} : (tensor<1x2x!y>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!x>
  return %y : tensor<1x1x!x>
}

{-# dialect_resources: { builtin: { w: "0x1000000001FE" } } #-}
