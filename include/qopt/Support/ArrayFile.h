// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NumPy's .npy and (stored, uncompressed) .npz files. Reading maps the file into memory, so a data
// set never becomes anonymous memory; libzip and its kin cannot do that, hence our own reader.
#ifndef QOPT_SUPPORT_ARRAYFILE_H
#define QOPT_SUPPORT_ARRAYFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>
#include <vector>

namespace qopt {

enum class ArrayType { F32, F64, I8, U8, I16, I32, I64 };

/// Bytes of one element.
int64_t getElementBytes(ArrayType type);
/// NumPy's description without byte order: "f4", "i1", …
llvm::StringRef getTypeCode(ArrayType type);

/// One array in row-major (C) order, little endian. `data` may be unaligned.
struct ArrayView {
  std::string name; ///< the member's name in an .npz, "" in an .npy
  ArrayType type = ArrayType::F32;
  llvm::SmallVector<int64_t> shape;
  const char *data = nullptr;

  int64_t numElements() const;
  int64_t numBytes() const { return numElements() * getElementBytes(type); }
};

/// An opened file; its arrays point into the mapping and live as long as it does.
class ArrayFile {
public:
  /// Opens `path`. Errors name the file and what is wrong with it: missing, truncated, compressed,
  /// big endian, Fortran order, unsupported type.
  static llvm::Expected<ArrayFile> open(llvm::StringRef path);

  llvm::ArrayRef<ArrayView> arrays() const { return views; }
  llvm::StringRef path() const { return filePath; }
  /// The array called `name`; the only one if there is only one; an error otherwise.
  llvm::Expected<const ArrayView *> find(llvm::StringRef name) const;

private:
  std::string filePath;
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<ArrayView> views;
};

/// Writes one array as .npy, or all of them as a stored .npz (by the ending of `path`): beside the
/// target and renamed, so that no half-written file is ever seen.
llvm::Error writeArrayFile(llvm::StringRef path, llvm::ArrayRef<ArrayView> arrays);

} // namespace qopt

#endif // QOPT_SUPPORT_ARRAYFILE_H
