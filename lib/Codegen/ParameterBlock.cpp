// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bytes behind a kernel's parameter pointer.
#include "qopt/Codegen/Epilogue.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>

namespace qopt::codegen {

void ParameterBlock::setField(Field field, int32_t value) {
  std::memcpy(bytes.data() + field, &value, sizeof(value));
}

int64_t ParameterBlock::append(llvm::ArrayRef<char> array) {
  int64_t offset = llvm::alignTo(bytes.size(), kArrayAlignment);
  bytes.resize(offset, 0);
  bytes.append(array.begin(), array.end());
  return offset;
}

int64_t ParameterBlock::append(llvm::ArrayRef<int32_t> words) {
  auto *data = reinterpret_cast<const char *>(words.data());
  return append(llvm::ArrayRef<char>(data, words.size() * sizeof(int32_t)));
}

} // namespace qopt::codegen
