// RUN: qopt %s --split-input-file --verify-diagnostics --qopt-verify-llvm

llvm.func @fine() {
  llvm.return
}

// -----

// expected-error @+1 {{'func.func' op is left after lowering to the LLVM dialect}}
func.func @left() {
  return
}
