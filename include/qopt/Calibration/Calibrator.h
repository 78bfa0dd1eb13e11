// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calibrators by name: the statistic that turns observed values into a range.
#ifndef QOPT_CALIBRATION_CALIBRATOR_H
#define QOPT_CALIBRATION_CALIBRATOR_H

#include "qopt/Quantization/Observer.h"

#include "llvm/ADT/StringRef.h"

namespace qopt {

/// Parameters of the calibrators that have any.
struct CalibratorOptions {
  double percentile = 99.99; ///< percent of the values kept at either end, 50 < p <= 100
  double momentum = 0.9;     ///< weight of the past in a moving average, 0 <= m < 1
};

/// The calibrators, `minmax`, the default, first.
std::vector<llvm::StringRef> getCalibratorNames();
bool isCalibratorName(llvm::StringRef name);

/// What to tell whoever asked for a calibrator that does not exist.
std::string describeUnknownCalibrator(llvm::StringRef name);

/// A fresh observer. An error for an unknown name or a parameter out of range.
llvm::Expected<std::unique_ptr<numerics::Observer>>
createCalibrator(llvm::StringRef name, const CalibratorOptions &options = {});

} // namespace qopt

#endif // QOPT_CALIBRATION_CALIBRATOR_H
