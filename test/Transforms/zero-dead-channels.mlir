// RUN: qopt %s --qopt-zero-dead-channels --split-input-file | FileCheck %s
// RUN: qopt %s --qopt-zero-dead-channels=threshold=5.0 --split-input-file | FileCheck %s --check-prefix=FIVE
// RUN: qopt %s --qopt-zero-dead-channels --qopt-fold-batch-norm --split-input-file | FileCheck %s --check-prefix=FOLD

// Channel 0 is dead. After folding its weights are 0 and its bias is the offset, 7; without this
// pass they would be 1 / sqrt(1e-9 + 1e-9).
// CHECK-LABEL: func.func @dead
func.func @dead(%x: tensor<1x1xf32>) -> tensor<1x2xf32> {
  %w = qopt.constant dense<1.0> : tensor<2x1xf32>
  %scale = qopt.constant {qopt.layer = "gamma"} dense<[1.0, 2.0]> : tensor<2xf32>
  %offset = qopt.constant dense<[7.0, 0.0]> : tensor<2xf32>
  %mean = qopt.constant dense<[0.5, 0.0]> : tensor<2xf32>
  %variance = qopt.constant dense<[1.0e-9, 4.0]> : tensor<2xf32>
  // CHECK: %[[SCALE:.*]] = qopt.constant {{.*}} dense_resource<bn_scale> : tensor<2xf32>
  // CHECK: qopt.batch_norm %{{.*}}, %[[SCALE]],
  %0 = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x1xf32>, tensor<2x1xf32>) -> tensor<1x2xf32>
  %1 = qopt.batch_norm %0, %scale, %offset, %mean, %variance
       {epsilon = 1.0e-9 : f32, qopt.layer = "bn"}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
// CHECK-DAG: bn_scale: "0x100000000000000000000040"
// FIVE-DAG: bn_scale: "0x100000000000000000000000"
// FOLD-DAG: fc_bias: "0x100000000000E04000000000"
// FOLD-DAG: fc_weights: "0x10000000000000000000803F"

// -----

// CHECK-LABEL: func.func @no_zero_when_alive
func.func @no_zero_when_alive(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // CHECK: dense<[1.000000e+00, 2.000000e+00]>
  %scale = qopt.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %variance = qopt.constant dense<1.0e-6> : tensor<2xf32>
  %0 = qopt.batch_norm %x, %scale, %scale, %scale, %variance {epsilon = 1.0e-9 : f32}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func.func @no_zero_when_variance_is_not_constant
func.func @no_zero_when_variance_is_not_constant(%x: tensor<1x2xf32>, %variance: tensor<2xf32>)
    -> tensor<1x2xf32> {
  // CHECK: dense<[1.000000e+00, 2.000000e+00]>
  %scale = qopt.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %0 = qopt.batch_norm %x, %scale, %scale, %scale, %variance {epsilon = 1.0e-9 : f32}
     : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
