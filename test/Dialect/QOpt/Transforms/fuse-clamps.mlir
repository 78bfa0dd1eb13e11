// RUN: qopt %s --qopt-fuse-clamps --split-input-file | FileCheck %s

!q = !quant.uniform<i8:f32, 0.5>
!relu = !quant.uniform<i8:f32, 0.02500000037252903:-128>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

// The documentation's example: z = -128 is real 0, so the lower bound goes; the upper bound joins.
// CHECK-LABEL: func @into_producer
// CHECK:         %[[Y:.*]] = qopt.matmul %{{.*}} {clamp_max = array<f32: 2.550000e+00>}
// CHECK-NOT:     qopt.clamp
// CHECK:         return %[[Y]]
func.func @into_producer(%x: tensor<1x2x!q>) -> tensor<1x2x!relu> {
  %w = qopt.constant dense_resource<w> : tensor<2x2x!w>
  %y = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>} : (tensor<1x2x!q>, tensor<2x2x!w>) -> tensor<1x2x!relu>
  %c = qopt.clamp %y {clamp_max = array<f32: 2.55>} : (tensor<1x2x!relu>) -> tensor<1x2x!relu>
  return %c : tensor<1x2x!relu>
}

// Per-channel and scalar bounds meet; the later clamp wins where they do not overlap.
// CHECK-LABEL: func @chain
// CHECK:         qopt.add {{.*}}clamp_max = array<f32: 3.000000e+00, 4.000000e+00>, clamp_min = array<f32: 1.000000e+00, 4.000000e+00>
// CHECK-NOT:     qopt.clamp
func.func @chain(%x: tensor<1x2x!q>) -> tensor<1x2x!q> {
  %y = qopt.add %x, %x {clamp_min = array<f32: -1.0>, clamp_max = array<f32: 3.0, 5.0>} : (tensor<1x2x!q>, tensor<1x2x!q>) -> tensor<1x2x!q>
  %c = qopt.clamp %y {clamp_min = array<f32: 1.0>, clamp_max = array<f32: 6.0, 4.0>} : (tensor<1x2x!q>) -> tensor<1x2x!q>
  %d = qopt.clamp %c {clamp_min = array<f32: -9.0, 4.0>} : (tensor<1x2x!q>) -> tensor<1x2x!q>
  return %d : tensor<1x2x!q>
}

// Somebody else reads the unclamped value; a pool does not clamp.
// CHECK-LABEL: func @stays
// CHECK:         qopt.add
// CHECK:         qopt.clamp
// CHECK:         qopt.max_pool2d
// CHECK:         qopt.clamp
func.func @stays(%x: tensor<1x2x2x2x!q>) -> (tensor<1x2x2x2x!q>, tensor<1x2x2x2x!q>, tensor<1x1x1x2x!q>) {
  %y = qopt.add %x, %x : (tensor<1x2x2x2x!q>, tensor<1x2x2x2x!q>) -> tensor<1x2x2x2x!q>
  %c = qopt.clamp %y {clamp_min = array<f32: 1.0>} : (tensor<1x2x2x2x!q>) -> tensor<1x2x2x2x!q>
  %p = qopt.max_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<1x2x2x2x!q>) -> tensor<1x1x1x2x!q>
  %d = qopt.clamp %p {clamp_min = array<f32: 1.0>} : (tensor<1x1x1x2x!q>) -> tensor<1x1x1x2x!q>
  return %y, %c, %d : tensor<1x2x2x2x!q>, tensor<1x2x2x2x!q>, tensor<1x1x1x2x!q>
}

// -64 / 0.5 is the least stored value, 63.6 / 0.5 rounds to the greatest: nothing is left to clamp.
// CHECK-LABEL: func @implied
// CHECK-SAME:    %[[X:.*]]: tensor
// CHECK-NEXT:    return %[[X]]
func.func @implied(%x: tensor<1x2x!q>) -> tensor<1x2x!q> {
  %c = qopt.clamp %x {clamp_min = array<f32: -64.0>, clamp_max = array<f32: 63.6>} : (tensor<1x2x!q>) -> tensor<1x2x!q>
  return %c : tensor<1x2x!q>
}

// On the float level a clamp is arithmetic.
// CHECK-LABEL: func @float
// CHECK:         qopt.clamp
func.func @float(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %y = qopt.add %x, %x : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %c = qopt.clamp %y {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %c : tensor<1x2xf32>
}

{-# dialect_resources: { builtin: { w: "0x1000000001020304" } } #-}
