// The distribution's own mlir-opt takes a float network through every level, calibration included.
// REQUIRES: mlir-opt-22
// RUN: %python -c "import numpy as np; np.save('%t.npy', np.linspace(-1, 1, 256, dtype=np.float32).reshape(8, 4, 4, 2))"

// RUN: %stock-opt %s --pass-pipeline='builtin.module(qopt-prepare)' | FileCheck %s --check-prefix=FLOAT
// RUN: %stock-opt %s -o %t.simulated.mlir \
// RUN:   --pass-pipeline='builtin.module(qopt-prepare,qopt-calibrate{data=%t.npy})'
// RUN: FileCheck %s --check-prefix=SIMULATED < %t.simulated.mlir
// RUN: %stock-opt %t.simulated.mlir -o %t.quantized.mlir --pass-pipeline='builtin.module(qopt-quantize)'
// RUN: FileCheck %s --check-prefix=QUANTIZED < %t.quantized.mlir
// RUN: %stock-opt %t.quantized.mlir -o %t.llvm.mlir \
// RUN:   --pass-pipeline='builtin.module(qopt-lower-to-kernels{target=generic},qopt-lower-to-llvm)'
// RUN: FileCheck %s --check-prefix=LLVM < %t.llvm.mlir

// Our own driver prints the same.
// RUN: qopt %s --pass-pipeline='builtin.module(qopt-prepare,qopt-calibrate{data=%t.npy},qopt-quantize)' \
// RUN:   | diff - %t.quantized.mlir

// FLOAT-LABEL: func.func @net
// FLOAT-NOT:   qopt.batch_norm
// FLOAT-NOT:   qopt.clamp
// FLOAT:       qopt.conv2d {{.*}} {clamp_min = array<f32: 0.000000e+00>, qopt.layer = "conv"}

// SIMULATED-LABEL: func.func @net
// SIMULATED:       qopt.fake_quant

// QUANTIZED-LABEL: func.func @net
// QUANTIZED-SAME:  qopt.contract = #qopt.contract<fp32>
// QUANTIZED:       qopt.conv2d {{.*}} -> tensor<1x4x4x4x!qtensor

// LLVM-NOT: qopt.conv2d
// LLVM:     llvm.func

func.func @net(%x: tensor<1x4x4x2xf32> {qopt.name = "image"})
    -> (tensor<1x3xf32> {qopt.name = "logits"}) {
  %w = qopt.constant dense<[[[[0.5, 0.25]]], [[[-1.0, 0.0]]], [[[0.0, 1.0]]], [[[1.0, 1.0]]]]>
     : tensor<4x1x1x2xf32>
  %v = qopt.constant dense<[[0.25, 0.5, -0.5, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 1.0, 0.0]]>
     : tensor<3x4xf32>
  %p = qopt.constant dense<1.0> : tensor<4xf32>
  %0 = qopt.conv2d %x, %w {qopt.layer = "conv"}
     : (tensor<1x4x4x2xf32>, tensor<4x1x1x2xf32>) -> tensor<1x4x4x4xf32>
  %1 = qopt.batch_norm %0, %p, %p, %p, %p {epsilon = 0.0 : f32}
     : (tensor<1x4x4x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
     -> tensor<1x4x4x4xf32>
  %2 = qopt.clamp %1 {clamp_min = array<f32: 0.0>} : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %3 = qopt.reduce_mean %2 {axes = array<i64: 1, 2>} : (tensor<1x4x4x4xf32>) -> tensor<1x4xf32>
  %4 = qopt.matmul %3, %v {qopt.layer = "fc"} : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<1x3xf32>
  return %4 : tensor<1x3xf32>
}
