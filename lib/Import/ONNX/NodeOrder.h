// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The graph as a graph: who writes a name, who reads it, in which order nodes can run.
#ifndef QOPT_LIB_IMPORT_ONNX_NODEORDER_H
#define QOPT_LIB_IMPORT_ONNX_NODEORDER_H

#include "Error.h"
#include "Onnx.pb.h"
#include "llvm/ADT/StringMap.h"
#include <vector>

namespace qopt::onnx {

/// "node 'conv1' (op Conv)"
std::string describe(const proto::NodeProto &node);

/// The nodes that the outputs need, each after those that it reads: the file's own order where that
/// is one, as the standard demands. Refuses names written twice, names that nobody writes, and
/// cycles.
std::vector<const proto::NodeProto *> orderNodes(const proto::GraphProto &graph);

/// How often each name is read by `nodes` and as an output of the graph.
llvm::StringMap<unsigned> countReaders(const proto::GraphProto &graph,
                                       const std::vector<const proto::NodeProto *> &nodes);

} // namespace qopt::onnx

#endif // QOPT_LIB_IMPORT_ONNX_NODEORDER_H
