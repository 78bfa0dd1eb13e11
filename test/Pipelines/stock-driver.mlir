// REQUIRES: mlir-opt-22
// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: %stock-opt %s --pass-pipeline='builtin.module(qopt-prepare,qopt-calibrate{data=%t/samples.npy},qopt-quantize)' | FileCheck %s
// RUN: %stock-opt %s --pass-pipeline='builtin.module(func.func(qopt-insert-observers),qopt-run-calibration{data=%t/samples.npy},func.func(qopt-nudge-ranges,qopt-verify-simulated,convert-qopt-fake-quant-to-quantized,qopt-rewrite-storage{signedness=unsigned},qopt-rewrite-storage{signedness=signed},qopt-fuse-clamps,qopt-prove-accumulators,qopt-verify-quantized))' | FileCheck %s

// Every pass and pipeline works in the stock driver, calibration on the plain float engine included.
// CHECK-LABEL: func @network
// CHECK:         qopt.quantize
// CHECK:         qopt.matmul {{.*}}qopt.accumulator_bound
// CHECK-SAME:    -> tensor<1x1xf32>
func.func @network(%x: tensor<1x2xf32> {qopt.name = "image"}) -> (tensor<1x1xf32> {qopt.name = "logits"}) {
  %w = qopt.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32>
  %h = qopt.matmul %x, %w {qopt.layer = "fc1"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %h : tensor<1x1xf32>
}
