// RUN: qopt %s --qopt-insert-observers | FileCheck %s --check-prefix=OBSERVED
// RUN: qopt %s --convert-qopt-fake-quant-to-quantized | FileCheck %s --check-prefix=CONVERTED
// RUN: qopt %s --qopt-nudge-ranges --qopt-rewrite-storage=signedness=unsigned --qopt-fuse-clamps --qopt-prove-accumulators | FileCheck %s

// A module without any qopt op has not loaded the dialect; passes load it for themselves.
// OBSERVED:  qopt.observe
// CONVERTED: qopt.contract = #qopt.contract<fp32>
// CHECK:     func @identity
func.func @identity(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}
func.func private @declaration(tensor<1x2xf32>)
