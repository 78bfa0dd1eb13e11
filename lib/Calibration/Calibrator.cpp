// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Calibrator.h"

using namespace qopt;

bool qopt::isCalibratorName(llvm::StringRef name) {
  return name == "minmax" || name == "moving-average" || name == "percentile";
}

llvm::Expected<std::unique_ptr<numerics::Observer>>
qopt::createCalibrator(llvm::StringRef name, const CalibratorOptions &options) {
  // Negated comparisons refuse NaN as well.
  if (!(options.percentile > 50 && options.percentile <= 100))
    return llvm::createStringError("percentile %g is not between 50 and 100", options.percentile);
  if (!(options.momentum >= 0 && options.momentum < 1))
    return llvm::createStringError("momentum %g is not between 0 and 1", options.momentum);
  if (name == "minmax")
    return numerics::createMinMaxObserver();
  if (name == "moving-average")
    return numerics::createMovingAverageObserver(options.momentum);
  if (name == "percentile")
    return numerics::createPercentileObserver(options.percentile);
  return llvm::createStringError("unknown calibrator '" + name +
                                 "': use minmax, moving-average or percentile");
}
