// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Exporters write biases and scales as element-wise nodes after the layer; there they would cost a
// rounding of their own on the quantized level, so they go into the layer at import.
#ifndef QOPT_LIB_IMPORT_ONNX_PRODUCERFOLDING_H
#define QOPT_LIB_IMPORT_ONNX_PRODUCERFOLDING_H

#include "Node.h"

namespace qopt::onnx {

/// `tensor` with leading dimensions of 1 up to `rank`, permuted to NHWC where asked for.
Tensor alignConstant(const Tensor &tensor, size_t rank, bool channelsLast);

/// Adds a per-channel or scalar constant to the bias (or batch norm offset) of the layer that
/// computes input `index`, defines the node's result, and returns true; false where the layer has
/// none, somebody else reads its result, or the constant has another shape.
bool addToProducer(Node &node, unsigned index, const Tensor &addend);

/// Scales such a layer: a batch norm follows, or the one there is scaled. `qopt-fold-batch-norm`
/// merges it with the weights.
bool scaleProducer(Node &node, unsigned index, const Tensor &factor);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_PRODUCERFOLDING_H
