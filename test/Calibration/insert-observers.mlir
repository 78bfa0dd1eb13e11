// RUN: qopt %s --qopt-insert-observers | FileCheck %s --check-prefixes=CHECK,MINMAX
// RUN: qopt %s --qopt-insert-observers=calibrator=percentile | FileCheck %s --check-prefixes=CHECK,PERCENTILE

// The documentation's example: the argument and both layers.
// CHECK-LABEL: func @layer
// CHECK-SAME:    %[[X:.*]]: tensor<1x4xf32>
// CHECK:         %[[IN:.*]] = qopt.observe %[[X]]
// MINMAX-SAME:     {name = "image"}
// PERCENTILE-SAME: {calibrator = "percentile", name = "image"}
// CHECK:         %[[H:.*]] = qopt.matmul %[[IN]]
// CHECK:         %[[HO:.*]] = qopt.observe %[[H]] {{.*}}name = "fc1"
// CHECK:         %[[Y:.*]] = qopt.matmul %[[HO]]
// CHECK-NEXT:    %[[YO:.*]] = qopt.observe %[[Y]] {{.*}}name = "fc2"
// CHECK-NEXT:    return %[[YO]]
func.func @layer(%x: tensor<1x4xf32> {qopt.name = "image"}) -> tensor<1x2xf32> {
  %w = qopt.constant dense<0.5> : tensor<4x4xf32>
  %h = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>, qopt.layer = "fc1"}
       : (tensor<1x4xf32>, tensor<4x4xf32>) -> tensor<1x4xf32>
  %v = qopt.constant dense<0.25> : tensor<2x4xf32>
  %y = qopt.matmul %h, %v {qopt.layer = "fc2"}
       : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// Ops that move bytes share the type of what they read.
// CHECK-LABEL: func @moves
// CHECK:         %[[IN:.*]] = qopt.observe %{{.*}} {{.*}}name = "input"
// CHECK-NEXT:    qopt.transpose %[[IN]]
// CHECK-NEXT:    qopt.max_pool2d
// CHECK-NEXT:    return
func.func @moves(%x: tensor<1x3x4x4xf32>) -> tensor<1x2x2x3xf32> {
  %t = qopt.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : (tensor<1x3x4x4xf32>) -> tensor<1x4x4x3xf32>
  %y = qopt.max_pool2d %t {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x4x4x3xf32>) -> tensor<1x2x2x3xf32>
  return %y : tensor<1x2x2x3xf32>
}

// Names that occur twice are numbered; softmax has its grid by formula.
// CHECK-LABEL: func @names
// CHECK:         name = "input"
// CHECK:         name = "s"
// CHECK:         name = "s_1"
// CHECK:         qopt.softmax
// CHECK-NEXT:    return
func.func @names(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
  %a = qopt.unary sigmoid %x {qopt.layer = "s"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %b = qopt.unary sigmoid %a {qopt.layer = "s"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %y = qopt.softmax %b : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// What is observed already keeps its observer, and all that read the value read that.
// CHECK-LABEL: func @observed_already
// CHECK-SAME:    %[[X:.*]]: tensor<1x4xf32>
// CHECK-NEXT:    %[[O:.*]] = qopt.observe %[[X]]
// CHECK-NEXT:    qopt.reshape %[[O]]
// CHECK-NEXT:    qopt.reshape %[[O]]
// CHECK-NEXT:    return
func.func @observed_already(%x: tensor<1x4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = qopt.reshape %x : (tensor<1x4xf32>) -> tensor<4xf32>
  %0 = qopt.observe %x {name = "image"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %z = qopt.reshape %0 : (tensor<1x4xf32>) -> tensor<4xf32>
  return %y, %z : tensor<4xf32>, tensor<4xf32>
}
