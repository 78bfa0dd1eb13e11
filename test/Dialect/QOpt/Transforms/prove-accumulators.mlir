// RUN: qopt %s --qopt-prove-accumulators | FileCheck %s

!q = !quant.uniform<i8:f32, 0.5>
!z = !quant.uniform<i8:f32, 0.5:-128>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

// Row [1, -2]: the least sum is -128 - 2 * 127 = -382, the greatest 127 + 2 * 128 = 383.
// CHECK-LABEL: func @matmul
// CHECK:         qopt.matmul {{.*}} {qopt.accumulator_bound = 383 : i64}
func.func @matmul(%x: tensor<1x2x!q>) -> tensor<1x1x!q> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %y = qopt.matmul %x, %w : (tensor<1x2x!q>, tensor<1x2x!w>) -> tensor<1x1x!q>
  return %y : tensor<1x1x!q>
}

// With a bias of -5 and z = -128 (q - z in 0..255): -2 * 255 - 5 = -515.
// CHECK-LABEL: func @bias
// CHECK:         qopt.accumulator_bound = 515 : i64
func.func @bias(%x: tensor<1x2x!z>) -> tensor<1x1x!q> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %b = qopt.constant dense<-5> : tensor<1xi32>
  %y = qopt.matmul %x, %w bias %b : (tensor<1x2x!z>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!q>
  return %y : tensor<1x1x!q>
}

// Four taps of magnitude 255.
// CHECK-LABEL: func @pool
// CHECK:         qopt.accumulator_bound = 1020 : i64
func.func @pool(%x: tensor<1x2x2x1x!z>) -> tensor<1x1x1x1x!q> {
  %y = qopt.avg_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x2x2x1x!z>) -> tensor<1x1x1x1x!q>
  return %y : tensor<1x1x1x1x!q>
}

// Float ops have no accumulator.
// CHECK-LABEL: func @float
// CHECK-NOT:     qopt.accumulator_bound
func.func @float(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %y = qopt.matmul %x, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

{-# dialect_resources: { builtin: { w: "0x1000000001FE" } } #-}
