// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs small networks of the quantized level compiled and interpreted, and compares the bytes.
#ifndef QOPT_TEST_UNIT_CODEGEN_NETWORKTESTER_H
#define QOPT_TEST_UNIT_CODEGEN_NETWORKTESTER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace qopt::codegen {
class RowSet;
}

namespace qopt::test {

/// `text` holds functions of the quantized level; `CONTRACT` in it is replaced by each contract in
/// turn. Every function runs with random inputs (codes over the whole storage; floats with ties,
/// infinities and NaN) compiled for every target that this machine runs and for vector row sets,
/// signed and flipped at rest, on one task and on three; all results must equal the interpreter's.
void expectCompiledEqualsReference(llvm::StringRef text, llvm::ArrayRef<llvm::StringRef> contracts);

/// The same for all contracts.
void expectCompiledEqualsReference(llvm::StringRef text);

/// The same for one row set, whose code any machine can run, and all contracts.
void expectRowSetEqualsReference(const codegen::RowSet &rows, llvm::StringRef text);

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_CODEGEN_NETWORKTESTER_H
