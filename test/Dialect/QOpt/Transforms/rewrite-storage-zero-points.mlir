// RUN: qopt %s --qopt-rewrite-storage=zero-points=symmetric --split-input-file | FileCheck %s

// Exact: unsigned storage around 128, bounds that leave room, weights with small zero points
// (-28 - 2 = -30, 5 - 2 = 3; real values and the bias stay).
// CHECK-DAG:   ![[X:.*]] = !quant.uniform<i8:f32, 5.000000e-01>
// CHECK-DAG:   ![[Y:.*]] = !quant.uniform<i8<-30:90>:f32, 5.000000e-01>
// CHECK-DAG:   ![[W:.*]] = !quant.uniform<i8<-127:127>:f32, 2.500000e-01>
// CHECK-LABEL: func @exact
// CHECK-SAME:    (%{{.*}}: tensor<1x2x![[X]]>) -> tensor<1x1x![[Y]]>
// CHECK:         qopt.constant dense_resource<[[WEIGHTS:.*]]> : tensor<1x2x![[W]]>
// CHECK:         qopt.constant dense<7> : tensor<1xi32>
// CHECK:         qopt.matmul %{{[^{]*}} :
// CHECK:         [[WEIGHTS]]: "0x10000000E203"
!x = !quant.uniform<u8:f32, 0.5:128>
!y = !quant.uniform<i8<-20:100>:f32, 0.5:10>
!w = !quant.uniform<i8:f32, 0.25:2>
func.func @exact(%x: tensor<1x2x!x>) -> tensor<1x1x!y> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %b = qopt.constant dense<7> : tensor<1xi32>
  %y = qopt.matmul %x, %w bias %b : (tensor<1x2x!x>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!y>
  return %y : tensor<1x1x!y>
}
{-# dialect_resources: { builtin: { w: "0x10000000E405" } } #-}
