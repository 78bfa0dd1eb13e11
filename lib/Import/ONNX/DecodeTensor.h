// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TensorProto to Tensor, with every size checked before anything is allocated.
#ifndef QOPT_LIB_IMPORT_ONNX_DECODETENSOR_H
#define QOPT_LIB_IMPORT_ONNX_DECODETENSOR_H

#include "Onnx.pb.h"
#include "Tensor.h"

namespace qopt::onnx {

/// What decoding needs to know of the file.
struct TensorSource {
  std::string folder;    ///< of the model; empty: tensors in files of their own are refused
  uint64_t maxBytes = 0; ///< of one tensor
};

/// The name of an ONNX element type ("FLOAT16"), or its number.
std::string elementTypeName(int32_t type);

/// The dimensions of `message`, checked against negative sizes and the limit.
Shape decodeShape(const proto::TensorProto &message, uint64_t maxBytes);

/// Decodes a FLOAT, INT32, INT64 or BOOL tensor; refuses others.
Tensor decodeTensor(const proto::TensorProto &message, llvm::StringRef name,
                    const TensorSource &source);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_DECODETENSOR_H
