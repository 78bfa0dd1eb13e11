// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "qopt/Rounding/Passes.h"

#include "CollectMoments.h"
#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Calibration/CalibratedPass.h"
#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"
#include "qopt/ExecutionEngine/ParallelFor.h"
#include "qopt/Quantization/Bias.h"
#include "qopt/Quantization/HessianRounding.h"

#include "llvm/Support/Process.h"

namespace qopt {
#define GEN_PASS_DEF_ROUNDHESSIAN
#include "qopt/Rounding/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;
using numerics::HessianRounder;
using numerics::InputMoments;

namespace {

/// A layer with weights on the simulated level.
struct RoundedLayer {
  WeightedOpInterface op;
  FakeQuantOp fakeQuant;
  ConstantOp constant;
};

/// What rounding finds for one layer.
struct Rounding {
  SmallVector<float> weights; ///< exact values of codes
  SmallVector<double> shifts; ///< what their errors take from the mean of each output channel
  int64_t moved = 0;          ///< codes other than the nearest
};

struct RoundHessianPass : qopt::impl::RoundHessianBase<RoundHessianPass> {
  using RoundHessianBase::RoundHessianBase;

  void runOnOperation() override {
    if (failed(reportError(getOperation(), run())))
      signalPassFailure();
  }

private:
  llvm::Error run();
  llvm::Error checkOptions();
  llvm::Error roundLayer(func::FuncOp network, RoundedLayer layer, const SampleSource &source);
  llvm::Expected<Rounding> findRounding(RoundedLayer layer, const LayerGeometry &geometry,
                                        const std::vector<InputMoments> &moments);

  unsigned threads = 1;
};

} // namespace

//===----------------------------------------------------------------------===//
// What to round
//===----------------------------------------------------------------------===//

static std::optional<RoundedLayer> getRoundedLayer(Operation &op) {
  auto layer = dyn_cast<WeightedOpInterface>(op);
  if (!layer)
    return std::nullopt;
  auto fakeQuant = layer.getWeightsValue().getDefiningOp<FakeQuantOp>();
  auto constant = fakeQuant ? fakeQuant.getInput().getDefiningOp<ConstantOp>() : ConstantOp();
  if (!constant)
    return std::nullopt;
  return RoundedLayer{layer, fakeQuant, constant};
}

static SmallVector<RoundedLayer> getRoundedLayers(func::FuncOp function) {
  SmallVector<RoundedLayer> layers;
  for (Operation &op : function.getOps())
    if (std::optional<RoundedLayer> layer = getRoundedLayer(op))
      layers.push_back(*layer);
  return layers;
}

llvm::Error RoundHessianPass::checkOptions() {
  // Negated, so that NaN is refused as well.
  if (!(damping > 0 && damping <= 1))
    return llvm::createStringError("damping %g is not over 0 and at most 1", damping.getValue());
  if (maxInputs < 1)
    return llvm::createStringError("max-inputs must be at least 1");
  if (data.empty())
    return llvm::createStringError("rounding by the Hessian needs example inputs (data=X.npy)");
  return llvm::Error::success();
}

static llvm::Expected<func::FuncOp> selectRounded(ModuleOp module, StringRef name) {
  auto hasRounded = [](func::FuncOp function) { return !getRoundedLayers(function).empty(); };
  return selectNetwork(module, name,
                       {hasRounded, "network with rounded weights",
                        "no network has rounded constant weights; run qopt-nudge-ranges first, and "
                        "this before the conversion to the quantized level"});
}

//===----------------------------------------------------------------------===//
// One layer
//===----------------------------------------------------------------------===//

static llvm::Error nameLayer(Operation *op, llvm::Error error) {
  return llvm::createStringError("layer '" + getLayerName(op) +
                                 "': " + llvm::toString(std::move(error)));
}

llvm::Expected<Rounding> RoundHessianPass::findRounding(RoundedLayer layer,
                                                        const LayerGeometry &geometry,
                                                        const std::vector<InputMoments> &moments) {
  SmallVector<float> weights = *getFloats(layer.constant);
  QuantParams params = *getQuantParams(layer.fakeQuant.getType());
  Rounding result{weights, SmallVector<double>(geometry.rows(), 0.0), 0};
  std::vector<int64_t> moved(geometry.rows(), 0);
  int64_t rowsPerGroup = geometry.rows() / geometry.groups(), inputs = geometry.inputs();

  auto roundRow = [&](const HessianRounder &rounder, ArrayRef<double> mean, int64_t row) {
    SmallVector<float> own(inputs);
    for (int64_t input = 0; input < inputs; ++input)
      own[input] = weights[geometry.weightIndex(row, input)];
    numerics::Grid grid = getGrid(params, row);
    std::vector<int32_t> codes = rounder.round(own, grid);
    for (int64_t input = 0; input < inputs; ++input) {
      float value = numerics::dequantizeValue(codes[input], grid);
      result.weights[geometry.weightIndex(row, input)] = value;
      result.shifts[row] += (double{own[input]} - value) * mean[input];
      moved[row] += codes[input] != numerics::quantizeValue(own[input], grid);
    }
  };
  // Groups share nothing; where there are few, their rows are what is shared out.
  auto roundGroup = [&](int64_t group, unsigned rowThreads) -> llvm::Error {
    auto rounder = HessianRounder::create(moments[group].covariance(), {damping, descentPasses});
    if (!rounder)
      return rounder.takeError();
    std::vector<double> mean = moments[group].mean();
    return parallelFor(rowThreads, rowsPerGroup, [&](int64_t index) {
      roundRow(*rounder, mean, group * rowsPerGroup + index);
      return llvm::Error::success();
    });
  };
  bool manyGroups = geometry.groups() >= int64_t{threads};
  if (llvm::Error error =
          parallelFor(manyGroups ? threads : 1, geometry.groups(),
                      [&](int64_t group) { return roundGroup(group, manyGroups ? 1 : threads); }))
    return std::move(error);
  result.moved = std::accumulate(moved.begin(), moved.end(), int64_t{0});
  return result;
}

static void eraseIfUnused(Operation *op) {
  if (op && op->use_empty())
    op->erase();
}

/// The scale of the rounded value that reaches a layer through ops that move bytes, or none.
static std::optional<float> getInputScale(Value value) {
  while (Operation *producer = value.getDefiningOp()) {
    if (auto fakeQuant = dyn_cast<FakeQuantOp>(producer))
      return getQuantParams(fakeQuant.getType())->scale(0);
    if (getQuantizationRule(producer) != QuantizationRule::SameType)
      return std::nullopt;
    value = producer->getOperand(0);
  }
  return std::nullopt;
}

/// Biases with `shifts` added, except where the sum would no longer fit its 32 bits.
static SmallVector<float> shiftBias(RoundedLayer layer, SmallVector<float> bias,
                                    ArrayRef<double> shifts) {
  QuantParams params = *getQuantParams(layer.fakeQuant.getType());
  std::optional<float> inputScale = getInputScale(layer.op.getActivationValue());
  for (auto [channel, shift] : llvm::enumerate(shifts)) {
    auto shifted = static_cast<float>(bias[channel] + shift);
    if (inputScale) {
      auto fits = numerics::quantizeBias(shifted, *inputScale, params.scale(channel));
      if (!fits) {
        llvm::consumeError(fits.takeError());
        continue;
      }
    }
    bias[channel] = shifted;
  }
  return bias;
}

/// The name of a parameter, or what it is for.
static std::string getName(ConstantOp constant, StringRef role) {
  StringRef name = constant ? constant.getResourceName() : StringRef();
  return (name.empty() ? role : name).str();
}

static void replaceWeights(OpBuilder &builder, RoundedLayer layer, ArrayRef<float> values) {
  auto type = cast<RankedTensorType>(layer.constant.getOutput().getType());
  ConstantOp weights =
      createFloatConstant(builder, layer.constant.getLoc(), getName(layer.constant, "weights"),
                          type.getShape(), values);
  // A new fake_quant, for others may read the old one.
  auto fakeQuant = FakeQuantOp::create(builder, layer.fakeQuant.getLoc(), type, weights.getOutput(),
                                       layer.fakeQuant.getTypeAttr());
  layer.op.getWeightsOperand().set(fakeQuant.getOutput());
  if (!layer.fakeQuant->use_empty())
    return;
  layer.fakeQuant->erase();
  eraseIfUnused(layer.constant);
}

/// Adds what the rounding errors take from the mean of each output channel.
static void correctBias(OpBuilder &builder, RoundedLayer layer, ArrayRef<double> shifts) {
  if (llvm::all_of(shifts, [](double shift) { return shift == 0.0; }))
    return;
  Value old = layer.op.getBiasValue();
  ConstantOp constant = old ? old.getDefiningOp<ConstantOp>() : ConstantOp();
  std::optional<SmallVector<float>> bias = SmallVector<float>(shifts.size(), 0.0f);
  if (old)
    bias = constant ? getFloats(constant) : std::nullopt;
  if (!bias)
    return;
  SmallVector<float> shifted = shiftBias(layer, std::move(*bias), shifts);
  auto count = static_cast<int64_t>(shifted.size());
  layer.op.setBiasValue(
      createFloatConstant(builder, layer.op.getLoc(), getName(constant, "bias"), {count}, shifted)
          .getOutput());
  eraseIfUnused(constant);
}

llvm::Error RoundHessianPass::roundLayer(func::FuncOp network, RoundedLayer layer,
                                         const SampleSource &source) {
  std::optional<LayerGeometry> geometry = LayerGeometry::get(layer.op);
  if (!geometry || geometry->inputs() == 0 || !getFloats(layer.constant))
    return llvm::Error::success();
  if (geometry->inputs() > maxInputs) {
    emitLayerRemark(layer.op) << "keeps nearest rounding, for it has " << geometry->inputs()
                              << " inputs per output and max-inputs is " << maxInputs.getValue();
    return llvm::Error::success();
  }
  auto moments = collectMoments(network, layer.op, *geometry, source, threads);
  if (!moments)
    return moments.takeError();
  llvm::Expected<Rounding> rounding = findRounding(layer, *geometry, *moments);
  if (!rounding)
    return nameLayer(layer.op, rounding.takeError());
  OpBuilder builder(layer.op);
  // The bias first: it asks the old fake_quant for its scales.
  correctBias(builder, layer, rounding->shifts);
  replaceWeights(builder, layer, rounding->weights);
  ++numLayers;
  numMoved += rounding->moved;
  return llvm::Error::success();
}

llvm::Error RoundHessianPass::run() {
  if (llvm::Error error = checkOptions())
    return error;
  llvm::Expected<func::FuncOp> network = selectRounded(getOperation(), function);
  if (!network)
    return network.takeError();
  llvm::Expected<SampleSource> source = SampleSource::open(*network, data);
  if (!source)
    return source.takeError();
  threads = getNumThreads(&getContext());
  bool print = progress && llvm::sys::Process::StandardErrIsDisplayed();
  SmallVector<RoundedLayer> layers = getRoundedLayers(*network);
  for (auto [index, layer] : llvm::enumerate(layers)) {
    // The fake_quant of an earlier layer may have been replaced with another: look again.
    if (std::optional<RoundedLayer> current = getRoundedLayer(*layer.op))
      if (llvm::Error error = roundLayer(*network, *current, *source))
        return error;
    if (print)
      llvm::errs() << "\rrounding: " << index + 1 << " of " << layers.size()
                   << (index + 1 == layers.size() ? "\n" : "");
  }
  return llvm::Error::success();
}
