// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Registration of everything that a tool, a plugin or an embedding compiler may want.
#ifndef QOPT_INITALL_H
#define QOPT_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace qopt {

/// The qopt dialect, its interface models, and the upstream dialects that the levels use.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Our passes and pipelines, and the upstream passes that help to look at each level.
void registerAllPasses();

} // namespace qopt

#endif // QOPT_INITALL_H
