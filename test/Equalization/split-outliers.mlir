// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-split-outliers="data=%t/ramp.npy function=matmul share=0.5 granularity=1 steps=0 offset=0" 2>&1 | FileCheck %s --check-prefix=PLAIN
// RUN: qopt %s --qopt-split-outliers="data=%t/ramp.npy function=matmul share=0.5 granularity=1 steps=0" | FileCheck %s --check-prefix=SHIFTED
// RUN: qopt %s --qopt-split-outliers="data=%t/ramp.npy function=matmul share=0.5 granularity=4 steps=0" | FileCheck %s --check-prefix=LEFT
// RUN: qopt %s --qopt-split-outliers="data=%t/ramp.npy function=matmul share=0.4 granularity=1 steps=0" | FileCheck %s --check-prefix=LEFT
// RUN: qopt %s --qopt-split-outliers="data=%t/ramp.npy function=forked share=1 granularity=1 steps=0" | FileCheck %s --check-prefix=FORKED
// RUN: qopt %s --pass-pipeline='builtin.module(qopt-split-outliers{data=%t/ramp.npy function=dead share=0 steps=0 offset=0},func.func(qopt-drop-dead-channels))' | FileCheck %s --check-prefix=DEAD

// Of 8 multiply-accumulates either channel takes 4: so would another one. The first is read with
// the greatest weight and leaves most noise. Its bounds go with it.
// PLAIN: remark: predicted noise of the outputs: {{.*}} (-2.2 dB); copies: 1, 50.0 % more multiply-accumulates
// PLAIN: clamp_max = array<f32: 7.000000e+01, 9.000000e+01, 7.000000e+01>
// [[1, 2], [2, 2], [1, 2]]; [[3.988, 1, 4.012], [0.988, 6, 1.012]]
// PLAIN-DAG: a_weights_1: "0x100000000000803F0000004000000040000000400000803F00000040"
// PLAIN-DAG: b_weights{{[_0-9]*}}: "0x100000007D3E7F400000803FC2608040F4F97C3F0000C0400683813F"
// PLAIN-NOT: a_bias
// The layer's greatest value is 78: a quarter of a step is 78 / 255 / 4 = 0.0765.
// SHIFTED-DAG: a_bias: "0x100000009D9C9CBD000000009D9C9C3D"
// LEFT-NOT: dense_resource
func.func @matmul(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w0 = qopt.constant dense<[[1.0, 2.0], [2.0, 2.0]]> : tensor<2x2xf32>
  %w1 = qopt.constant dense<[[8.0, 1.0], [2.0, 6.0]]> : tensor<2x2xf32>
  %0 = qopt.matmul %x, %w0 {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 70.0, 90.0>, qopt.layer = "a"}
     : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// What the addition reads as well would need two columns in it.
// FORKED-NOT: dense_resource
func.func @forked(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w0 = qopt.constant dense<[[1.0, 2.0], [2.0, 2.0]]> : tensor<2x2xf32>
  %w1 = qopt.constant dense<[[8.0, 1.0], [2.0, 6.0]]> : tensor<2x2xf32>
  %0 = qopt.matmul %x, %w0 {clamp_min = array<f32: 0.0>, qopt.layer = "c"}
     : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "d"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.add %0, %1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// Channel 1 is the constant max(0.5, 0), read with weight 2. A copy costs nothing in its place.
// [[1, 2], [2, 2], [1, 2]]; [[4, 1, 4]]; 1
// DEAD-DAG: e_weights{{[_0-9]*}}: "0x100000000000803F0000004000000040000000400000803F00000040"
// DEAD-DAG: f_weights{{[_0-9]*}}: "0x10000000000080400000803F00008040"
// DEAD-DAG: f_bias: "0x100000000000803F"
func.func @dead(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[1.0, 2.0], [0.0, 0.0], [2.0, 2.0]]> : tensor<3x2xf32>
  %b0 = qopt.constant dense<[0.0, 0.5, 0.0]> : tensor<3xf32>
  %w1 = qopt.constant dense<[[8.0, 2.0, 1.0]]> : tensor<1x3xf32>
  %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>, qopt.layer = "e"}
     : (tensor<1x2xf32>, tensor<3x2xf32>, tensor<3xf32>) -> tensor<1x3xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "f"} : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
