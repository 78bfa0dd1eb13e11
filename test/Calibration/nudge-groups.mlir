// RUN: qopt %s --qopt-nudge-ranges --split-input-file | FileCheck %s

// Values that are concatenated share the hull of their ranges: [0, 0.5] and [0, 1.275].
// CHECK:       ![[HULL:.*]] = !quant.uniform<i8:f32, 0.004999999888241291:-128>
// CHECK-LABEL: func @concat
// CHECK:         %[[A:.*]] = qopt.fake_quant %{{.*}} as ![[HULL]]
// CHECK:         %[[B:.*]] = qopt.fake_quant %{{.*}} as ![[HULL]]
// CHECK:         %[[C:.*]] = qopt.concat %[[A]], %[[B]]
// CHECK:         return %[[C]]
func.func @concat(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x4xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.observe %y {name = "b", range = array<f32: 0.0, 1.275>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.concat %0, %1 {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

// A pad's value must be on the grid.
// CHECK:       !quant.uniform<i8:f32, 0.0099999997764825821:-128>
// CHECK-LABEL: func @pad
func.func @pad(%x: tensor<1x2xf32>) -> tensor<1x4xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 1.275>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.pad %0 {low = array<i64: 0, 1>, high = array<i64: 0, 1>, value = 2.55 : f32} : (tensor<1x2xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

// A constant summand has a grid of its own, [0, 2.55]; a concatenated one that of its group.
// CHECK-DAG:   ![[X:.*]] = !quant.uniform<i8:f32, 0.0099999997764825821:-128>
// CHECK-DAG:   ![[TWICE:.*]] = !quant.uniform<i8:f32, 0.019999999552965164:-128>
// CHECK-LABEL: func @constants
// CHECK:         qopt.fake_quant %{{.*}} as ![[TWICE]]
// CHECK:         %[[C:.*]] = qopt.constant
// CHECK:         %[[MOVED:.*]] = qopt.fake_quant %[[C]] as ![[TWICE]]
// CHECK:         qopt.concat %{{.*}}, %[[MOVED]]
// CHECK:         %[[ADDED:.*]] = qopt.fake_quant %[[C]] as ![[X]]
// CHECK:         qopt.add %{{.*}}, %[[ADDED]]
func.func @constants(%x: tensor<1x2xf32>) -> (tensor<1x4xf32>, tensor<1x2xf32>) {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 5.1>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %c = qopt.constant dense<[[0.0, 2.55]]> : tensor<1x2xf32>
  %2 = qopt.concat %0, %c {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %3 = qopt.add %0, %c : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %4 = qopt.observe %3 {name = "s", range = array<f32: 0.0, 10.2>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2, %4 : tensor<1x4xf32>, tensor<1x2xf32>
}

// -----

// Softmax has 1/256 and -128, through moves of its result as well.
// CHECK:       ![[PROBABILITY:.*]] = !quant.uniform<i8:f32, 3.906250e-03:-128>
// CHECK-LABEL: func @softmax
// CHECK:         %[[S:.*]] = qopt.softmax
// CHECK:         %[[R:.*]] = qopt.fake_quant %[[S]] as ![[PROBABILITY]]
// CHECK:         qopt.reshape %[[R]]
// CHECK:         qopt.matmul
func.func @softmax(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.softmax %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.reshape %1 : (tensor<1x2xf32>) -> tensor<2x1xf32>
  %3 = qopt.reshape %2 : (tensor<2x1xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %y = qopt.matmul %3, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Probabilities concatenated with something wider are rounded to the common grid as well.
// CHECK-DAG:   ![[PROBABILITY:.*]] = !quant.uniform<i8:f32, 3.906250e-03:-128>
// CHECK-DAG:   ![[HULL:.*]] = !quant.uniform<i8:f32, 0.019999999552965164:-128>
// CHECK-LABEL: func @softmax_concat
// CHECK:         %[[S:.*]] = qopt.softmax
// CHECK:         %[[R:.*]] = qopt.fake_quant %[[S]] as ![[PROBABILITY]]
// CHECK:         %[[H:.*]] = qopt.fake_quant %[[R]] as ![[HULL]]
// CHECK:         qopt.concat %{{.*}}, %[[H]]
func.func @softmax_concat(%x: tensor<1x2xf32>) -> tensor<1x4xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 5.1>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.softmax %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.concat %0, %1 {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

// Float logits stay float through their reshape.
// CHECK-LABEL: func @float_logits
// CHECK:         %[[Y:.*]] = qopt.matmul
// CHECK-NEXT:    %[[R:.*]] = qopt.reshape %[[Y]]
// CHECK-NEXT:    return %[[R]]
func.func @float_logits(%x: tensor<1x2xf32>) -> tensor<1xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.5>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %y = qopt.matmul %0, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  %r = qopt.reshape %y : (tensor<1x1xf32>) -> tensor<1xf32>
  return %r : tensor<1xf32>
}

// -----

// A constant activation has a defined grid: scale 1.
// CHECK:       !quant.uniform<i8:f32, 1.000000e+00>
// CHECK-LABEL: func @all_zero
func.func @all_zero(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.observe %x {name = "a", range = array<f32: 0.0, 0.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
