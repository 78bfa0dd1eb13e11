// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs small networks of the quantized level compiled and interpreted, and compares the bytes.
#ifndef QOPT_TEST_UNIT_CODEGEN_NETWORKTESTER_H
#define QOPT_TEST_UNIT_CODEGEN_NETWORKTESTER_H

#include "qopt/Codegen/RowSet.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace qopt::test {

/// Row sets that cover what kernels distinguish: scalar and vector, signed and flipped at rest.
/// None needs a feature of the machine: wide vectors are legalized.
llvm::ArrayRef<const codegen::RowSet *> getTestRowSets();

/// `text` holds functions of the quantized level; `CONTRACT` in it is replaced by each contract in
/// turn. Every function runs with random inputs (codes over the whole storage; floats with ties,
/// infinities and NaN) compiled for each row set, on one task and on three; all results must equal
/// the interpreter's.
void expectCompiledEqualsReference(llvm::StringRef text,
                                   llvm::ArrayRef<llvm::StringRef> contracts);

/// The same for all contracts.
void expectCompiledEqualsReference(llvm::StringRef text);

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_CODEGEN_NETWORKTESTER_H
