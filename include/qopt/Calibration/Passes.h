// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef QOPT_CALIBRATION_PASSES_H
#define QOPT_CALIBRATION_PASSES_H

#include "qopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Pass/Pass.h"

namespace qopt {

#define GEN_PASS_DECL
#include "qopt/Calibration/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/Calibration/Passes.h.inc"

inline void registerCalibrationPasses() { registerQOptCalibrationPasses(); }

} // namespace qopt

#endif // QOPT_CALIBRATION_PASSES_H
