// RUN: qopt %s --qopt-nudge-ranges | FileCheck %s --check-prefixes=CHECK,CHANNEL
// RUN: qopt %s --qopt-nudge-ranges="weights=per-tensor activations=symmetric" | FileCheck %s --check-prefixes=CHECK,TENSOR

// Aliases are printed at the top, in the order of their first use.
// [-1, 1] is symmetric: z = 0, s = 1/127. [0, 5.1]: s = 0.02, z = -128; symmetric: s = 5.1/127.
// CHANNEL-DAG: ![[IMAGE:.*]] = !quant.uniform<i8:f32, 0.0078740157186985015>
// CHANNEL-DAG: ![[HIDDEN:.*]] = !quant.uniform<i8:f32, 0.019999999552965164:-128>
// CHANNEL-DAG: ![[ROWS:.*]] = !quant.uniform<i8<-127:127>:f32:0, {0.0078740157186985015,1.000000e+00}>
// TENSOR-DAG:  ![[IMAGE:.*]] = !quant.uniform<i8:f32, 0.0078740157186985015>
// TENSOR-DAG:  ![[HIDDEN:.*]] = !quant.uniform<i8:f32, 0.040157478302717209>
// TENSOR-DAG:  ![[ROWS:.*]] = !quant.uniform<i8<-127:127>:f32, 0.0078740157186985015>

// The second row of the weights is all zero: scale 1 along channels.
// CHECK-LABEL: func @layer
// CHECK-SAME:    %[[X:.*]]: tensor<1x2xf32>
// CHECK:         %[[XQ:.*]] = qopt.fake_quant %[[X]] as ![[IMAGE]]
// CHECK:         %[[W:.*]] = qopt.constant
// CHECK:         %[[WQ:.*]] = qopt.fake_quant %[[W]] as ![[ROWS]]
// CHECK:         %[[H:.*]] = qopt.matmul %[[XQ]], %[[WQ]] {clamp_min = array<f32: 0.000000e+00>}
// CHECK:         %[[HQ:.*]] = qopt.fake_quant %[[H]] as ![[HIDDEN]]
// CHECK-NOT:     qopt.observe
// CHECK:         return %[[HQ]]
func.func @layer(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "image", range = array<f32: -1.0, 1.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[0.5, -1.0], [0.0, 0.0]]> : tensor<2x2xf32>
  %h = qopt.matmul %0, %w {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.observe %h {name = "fc1", range = array<f32: 0.0, 5.1>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
