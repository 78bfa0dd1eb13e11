// RUN: not qopt %s --convert-qopt-to-kernels=target=abacus 2>&1 | FileCheck %s

// CHECK: error: unknown target 'abacus': choose host or one of {{.*}}generic
func.func @net(%x: tensor<1x4xf32>) -> tensor<1x4xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  return %x : tensor<1x4xf32>
}
