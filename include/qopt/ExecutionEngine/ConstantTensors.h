// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parameters of a network as tensors.
#ifndef QOPT_EXECUTIONENGINE_CONSTANTTENSORS_H
#define QOPT_EXECUTIONENGINE_CONSTANTTENSORS_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/ExecutionEngine/Tensor.h"

#include "llvm/Support/Error.h"

namespace qopt {

/// The value of `op`. Float data is borrowed from the IR where it can be (25 million weights need
/// no second copy); integers and splats are expanded. An error names a constant without data.
llvm::Expected<Tensor> loadConstant(ConstantOp op);

} // namespace qopt

#endif // QOPT_EXECUTIONENGINE_CONSTANTTENSORS_H
