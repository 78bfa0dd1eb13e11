// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-split-into-dead-slots="data=%t/ramp.npy function=matmul offset=0" | FileCheck %s --check-prefix=PLAIN
// RUN: qopt %s --qopt-split-into-dead-slots="data=%t/ramp.npy function=matmul" | FileCheck %s --check-prefix=SHIFTED
// RUN: qopt %s --qopt-split-into-dead-slots="data=%t/ramp.npy function=noisiest offset=0" | FileCheck %s --check-prefix=NOISIEST
// RUN: qopt %s --qopt-split-into-dead-slots="data=%t/ramp.npy function=two" | FileCheck %s --check-prefix=TWO

// Channel 1 is the constant max(0.5, 0), read with weight 2.
// [[1, 2], [1, 2]]; 1; [[2, 2]]
// PLAIN-DAG: a_weights: "0x100000000000803F000000400000803F00000040"
// PLAIN-DAG: b_bias: "0x100000000000803F"
// PLAIN-DAG: b_weights: "0x100000000000004000000040"
// PLAIN-NOT: a_bias: "0x10000000{{0*[1-9A-F]}}
// The first layer ends at 19 + 2 * 20 = 59: a quarter of a step is 59 / 255 / 4 = 0.0578.
// SHIFTED-DAG: a_bias: "0x100000{{..}}{{[0-9A-F]*}}6CBD{{[0-9A-F]*}}6C3D"
func.func @matmul(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[1.0, 2.0], [0.0, 0.0]]> : tensor<2x2xf32>
  %b0 = qopt.constant dense<[0.0, 0.5]> : tensor<2xf32>
  %w1 = qopt.constant dense<[[4.0, 2.0]]> : tensor<1x2xf32>
  %0 = qopt.matmul %x, %w0 bias %b0 {clamp_min = array<f32: 0.0>, qopt.layer = "a"}
     : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "b"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// All channels share a step, so the noisiest is the one that is read with the greatest weight: 0.
// Its bounds go with it.
// NOISIEST: clamp_max = array<f32: 3.000000e+01, 2.000000e+01, 3.000000e+01>
// [[1, 2], [2, 2], [1, 2]]; [[4, 1, 4]]
// NOISIEST-DAG: c_weights: "0x100000000000803F0000004000000040000000400000803F00000040"
// NOISIEST-DAG: d_weights: "0x10000000000080400000803F00008040"
func.func @noisiest(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w0 = qopt.constant dense<[[1.0, 2.0], [2.0, 2.0], [0.0, 0.0]]> : tensor<3x2xf32>
  %w1 = qopt.constant dense<[[8.0, 1.0, 5.0]]> : tensor<1x3xf32>
  %0 = qopt.matmul %x, %w0 {clamp_max = array<f32: 30.0, 20.0, 10.0>, qopt.layer = "c"}
     : (tensor<1x2xf32>, tensor<3x2xf32>) -> tensor<1x3xf32>
  %1 = qopt.matmul %0, %w1 {qopt.layer = "d"} : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// Both layers put the copies apart, each by a quarter of its own step: 59 / 255 / 4 = 0.0578 after the
// first; after the second, whose results end at 59 + 5, 0.0627, of which 0.0578 are there already.
// TWO-DAG: e_bias: "0x100000{{..}}{{[0-9A-F]*}}6CBD{{[0-9A-F]*}}6C3D"
// 5 - 0.0049 and 5 + 0.0049
// TWO-DAG: f_bias: "0x10000000{{....}}9F40{{....}}A040"
func.func @two(%x: tensor<1x2xf32>) -> tensor<1x1x1x1xf32> {
  %w0 = qopt.constant dense<[[[[1.0, 2.0]]], [[[0.0, 0.0]]]]> : tensor<2x1x1x2xf32>
  %w1 = qopt.constant dense<[[[1.0, 1.0]]]> : tensor<1x1x2xf32>
  %b1 = qopt.constant dense<[5.0, 5.0]> : tensor<2xf32>
  %w2 = qopt.constant dense<[[[[4.0, 2.0]]]]> : tensor<1x1x1x2xf32>
  %0 = qopt.reshape %x : (tensor<1x2xf32>) -> tensor<1x1x1x2xf32>
  %1 = qopt.conv2d %0, %w0 {clamp_min = array<f32: 0.0>, qopt.layer = "e"}
     : (tensor<1x1x1x2xf32>, tensor<2x1x1x2xf32>) -> tensor<1x1x1x2xf32>
  %2 = qopt.depthwise_conv2d %1, %w1 bias %b1 {clamp_min = array<f32: 0.0>, qopt.layer = "f"}
     : (tensor<1x1x1x2xf32>, tensor<1x1x2xf32>, tensor<2xf32>) -> tensor<1x1x1x2xf32>
  %3 = qopt.conv2d %2, %w2 {qopt.layer = "g"}
     : (tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x1x1x1xf32>
  return %3 : tensor<1x1x1x1xf32>
}
