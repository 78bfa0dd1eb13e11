// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Calibration/Passes.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Calibration/Calibrator.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/ADT/StringSet.h"

namespace qopt {
#define GEN_PASS_DEF_INSERTOBSERVERS
#include "qopt/Calibration/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

namespace {

/// Gives names that are unique within one function.
class Namer {
public:
  std::string operator()(StringRef wanted) {
    std::string name = wanted.str();
    for (unsigned number = 1; !used.insert(name).second; ++number)
      name = (wanted + "_" + Twine(number)).str();
    return name;
  }

private:
  llvm::StringSet<> used;
};

struct InsertObserversPass : qopt::impl::InsertObserversBase<InsertObserversPass> {
  using InsertObserversBase::InsertObserversBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    if (failed(checkOptions()) || failed(checkLevel(function)))
      return signalPassFailure();
    namer = Namer(); // one pass object may see many functions
    // All sites are found before the first observer changes who reads whom.
    for (Value site : findSites(function))
      observe(site);
  }

private:
  LogicalResult checkOptions() {
    if (!isCalibratorName(calibrator))
      return emitError(getOperation().getLoc()) << describeUnknownCalibrator(calibrator);
    return success();
  }

  LogicalResult checkLevel(func::FuncOp function);
  SmallVector<Value> findSites(func::FuncOp function);
  void observe(Value site);
  std::string getSiteName(Value site);

  Namer namer;
};

} // namespace

LogicalResult InsertObserversPass::checkLevel(func::FuncOp function) {
  auto result = function.walk([](Operation *op) -> WalkResult {
    if (isa<FakeQuantOp, QuantizeOp, DequantizeOp, RequantizeOp, LookupOp>(op) ||
        llvm::any_of(op->getResults(), [](Value v) { return isQuantized(v); }))
      return op->emitError() << "'" << getLayerName(op)
                             << "' is quantized already: observers belong on the float level";
    if (getQuantizationRule(op) == QuantizationRule::FloatOnly)
      return emitLayerError(op) << "has no quantized form: fold it with qopt-fold-batch-norm first";
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

static bool isRounded(Operation *op) {
  std::optional<QuantizationRule> rule = getQuantizationRule(op);
  return rule == QuantizationRule::Requantizes || rule == QuantizationRule::Lookup;
}

/// The observer that reads `value` already.
static ObserveOp getObserver(Value value) {
  for (Operation *user : value.getUsers())
    if (auto observer = dyn_cast<ObserveOp>(user))
      return observer;
  return nullptr;
}

SmallVector<Value> InsertObserversPass::findSites(func::FuncOp function) {
  SmallVector<Value> sites;
  auto add = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (type && type.getElementType().isF32() && !value.use_empty())
      sites.push_back(value);
  };
  llvm::for_each(function.getArguments(), add);
  for (Operation &op : function.getOps()) {
    if (auto observed = dyn_cast<ObserveOp>(op))
      namer(observed.getName());
    if (isRounded(&op))
      add(op.getResult(0));
  }
  return sites;
}

std::string InsertObserversPass::getSiteName(Value site) {
  if (Operation *op = site.getDefiningOp())
    return namer(getLayerName(op));
  auto argument = cast<BlockArgument>(site);
  auto name = getOperation().getArgAttrOfType<StringAttr>(argument.getArgNumber(), kNameAttr);
  return namer(name ? name.getValue() : StringRef("input"));
}

/// Whatever reads `site` reads it through its observer from now on.
void InsertObserversPass::observe(Value site) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointAfterValue(site);
  ObserveOp observer = getObserver(site);
  if (observer) {
    observer->moveBefore(builder.getInsertionBlock(), builder.getInsertionPoint());
  } else {
    observer = ObserveOp::create(builder, site.getLoc(), site.getType(), site,
                                 builder.getStringAttr(getSiteName(site)),
                                 builder.getStringAttr(calibrator), DenseF32ArrayAttr());
    ++numObservers;
  }
  site.replaceAllUsesExcept(observer.getOutput(), observer);
}
