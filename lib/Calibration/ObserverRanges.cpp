// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Calibrate.h"

using namespace mlir;
using namespace qopt;

SmallVector<NamedRange> qopt::getRanges(func::FuncOp function, StringRef prefix) {
  SmallVector<NamedRange> ranges;
  for (ObserveOp op : function.getOps<ObserveOp>())
    if (std::optional<ArrayRef<float>> range = op.getRange())
      ranges.push_back({(prefix + op.getName()).str(), (*range)[0], (*range)[1]});
  return ranges;
}

llvm::Error qopt::applyRanges(func::FuncOp function, const llvm::StringMap<NamedRange> &ranges,
                              StringRef prefix) {
  for (ObserveOp op : function.getOps<ObserveOp>()) {
    std::string name = (prefix + op.getName()).str();
    auto found = ranges.find(name);
    if (found == ranges.end())
      return llvm::createStringError("no range for '" + name +
                                     "'; calibrate with data to write the file anew");
    float bounds[] = {found->second.lo, found->second.hi};
    op.setRangeAttr(DenseF32ArrayAttr::get(op.getContext(), bounds));
  }
  return llvm::Error::success();
}
