// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fast float engine: networks of levels 1 and 2 through oneDNN (library libQOptOneDNN).
#ifndef QOPT_EXECUTIONENGINE_ONEDNN_ONEDNN_H
#define QOPT_EXECUTIONENGINE_ONEDNN_ONEDNN_H

namespace mlir {
class DialectRegistry;
}

namespace qopt {

/// Makes createFloatEngine use oneDNN in contexts made with `registry`. One run computes on the
/// calling thread alone; run images in parallel for more.
void registerOneDNNFloatEngine(mlir::DialectRegistry &registry);

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_ONEDNN_ONEDNN_H
