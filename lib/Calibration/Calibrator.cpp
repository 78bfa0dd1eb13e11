// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Calibrator.h"

#include "llvm/ADT/STLExtras.h"

using namespace qopt;

namespace {

struct Entry {
  llvm::StringLiteral name;
  std::unique_ptr<numerics::Observer> (*create)(const CalibratorOptions &options);
};

} // namespace

template <std::unique_ptr<numerics::Observer> (*Create)()>
static std::unique_ptr<numerics::Observer> create(const CalibratorOptions &) {
  return Create();
}

static constexpr Entry kCalibrators[] = {
    {"minmax", create<numerics::createMinMaxObserver>},
    {"moving-average",
     [](const CalibratorOptions &options) {
       return numerics::createMovingAverageObserver(options.momentum);
     }},
    {"percentile",
     [](const CalibratorOptions &options) {
       return numerics::createPercentileObserver(options.percentile);
     }},
    {"mse", create<numerics::createMseObserver>},
    {"entropy", create<numerics::createEntropyObserver>},
    {"aciq-gauss", create<numerics::createAciqGaussObserver>},
    {"aciq-laplace", create<numerics::createAciqLaplaceObserver>},
};

std::vector<llvm::StringRef> qopt::getCalibratorNames() {
  std::vector<llvm::StringRef> names;
  for (const Entry &entry : kCalibrators)
    names.push_back(entry.name);
  return names;
}

std::string qopt::describeUnknownCalibrator(llvm::StringRef name) {
  std::string text = ("unknown calibrator '" + name + "': use ").str();
  for (const Entry &entry : llvm::drop_end(kCalibrators))
    text += (entry.name + (&entry + 2 == std::end(kCalibrators) ? " or " : ", ")).str();
  return text + std::end(kCalibrators)[-1].name.str();
}

bool qopt::isCalibratorName(llvm::StringRef name) {
  return llvm::is_contained(getCalibratorNames(), name);
}

llvm::Expected<std::unique_ptr<numerics::Observer>>
qopt::createCalibrator(llvm::StringRef name, const CalibratorOptions &options) {
  // Negated comparisons refuse NaN as well.
  if (!(options.percentile > 50 && options.percentile <= 100))
    return llvm::createStringError("percentile %g is not between 50 and 100", options.percentile);
  if (!(options.momentum >= 0 && options.momentum < 1))
    return llvm::createStringError("momentum %g is not between 0 and 1", options.momentum);
  for (const Entry &entry : kCalibrators)
    if (entry.name == name)
      return entry.create(options);
  return llvm::createStringError(describeUnknownCalibrator(name));
}
