// RUN: qopt %s --qopt-fold-constants --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @transpose
func.func @transpose(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant {qopt.layer = "w"} dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  // CHECK: %[[T:.*]] = qopt.constant {qopt.layer = "w"} dense_resource<w> : tensor<2x3xf32>
  // CHECK-NEXT: qopt.matmul %{{.*}}, %[[T]]
  %t = qopt.transpose %w {permutation = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  %y = qopt.matmul %x, %t : (tensor<1x3xf32>, tensor<2x3xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
// [[1, 3, 5], [2, 4, 6]]
// CHECK: w: "0x100000000000803F000040400000A04000000040000080400000C040"

// -----

// CHECK-LABEL: func.func @reshape_then_transpose
func.func @reshape_then_transpose() -> tensor<2x1x2xf32> {
  // CHECK: %[[C:.*]] = qopt.constant {{.*}} : tensor<2x1x2xf32>
  // CHECK-NEXT: return %[[C]]
  %c = qopt.constant {qopt.layer = "c"} dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = qopt.reshape %c : (tensor<4xf32>) -> tensor<1x2x2xf32>
  %1 = qopt.transpose %0 {permutation = array<i64: 2, 0, 1>} : (tensor<1x2x2xf32>) -> tensor<2x1x2xf32>
  return %1 : tensor<2x1x2xf32>
}
// [1, 3, 2, 4]
// CHECK: c_1: "0x100000000000803F000040400000004000008040"

// -----

// CHECK-LABEL: func.func @no_fold_when_rounding_is_simulated
func.func @no_fold_when_rounding_is_simulated() -> tensor<2x1xf32> {
  // CHECK: qopt.reshape
  %c = qopt.constant dense<1.0> : tensor<2xf32>
  %0 = qopt.fake_quant %c as !quant.uniform<i8:f32, 0.5> : (tensor<2xf32>) -> tensor<2xf32>
  %1 = qopt.reshape %0 : (tensor<2xf32>) -> tensor<2x1xf32>
  return %1 : tensor<2x1xf32>
}
