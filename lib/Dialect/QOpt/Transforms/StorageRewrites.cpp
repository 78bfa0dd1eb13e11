// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which grid each rewrite of qopt-rewrite-storage chooses.
#include "StorageRewrite.h"

#include "qopt/Analysis/QuantizationSites.h"
#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/NumericTypes.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace qopt;

/// Half the number of codes: what unsigned storage is shifted by.
static int32_t getHalf(const QuantParams &params) { return 1 << (params.storageBits - 1); }

namespace {

/// Flips the top bit: value, zero point and bounds move together.
class SignednessRewrite : public StorageRewrite {
public:
  explicit SignednessRewrite(bool toSigned) : toSigned(toSigned) {}

  QuantParams mapActivation(const QuantParams &old) const override {
    if (old.isSigned == toSigned)
      return old;
    QuantParams params = old;
    int32_t offset = toSigned ? -getHalf(old) : getHalf(old);
    params.isSigned = toSigned;
    params.storageMin += offset;
    params.storageMax += offset;
    for (int32_t &zeroPoint : params.zeroPoints)
      zeroPoint += offset;
    return params;
  }

  QuantParams mapWeights(const QuantParams &old, ArrayRef<int32_t>,
                         const ChannelIndex &) const override {
    return mapActivation(old);
  }

private:
  bool toSigned;
};

/// Zero points become 0 in signed storage.
class SymmetricRewrite : public StorageRewrite {
public:
  /// Exact where q - z fits the storage; else a symmetric grid over the same range.
  QuantParams mapActivation(const QuantParams &old) const override {
    int32_t zero = old.zeroPoint(0);
    QuantParams params = old;
    params.isSigned = true;
    params.zeroPoints.assign(old.zeroPoints.size(), 0);
    params.storageMin = old.storageMin - zero;
    params.storageMax = old.storageMax - zero;
    if (params.storageMin >= -getHalf(old) && params.storageMax < getHalf(old))
      return params;
    numerics::Range range{static_cast<double>(old.scale(0)) * params.storageMin,
                          static_cast<double>(old.scale(0)) * params.storageMax};
    numerics::Storage storage = numerics::signedStorage(old.storageBits, /*narrow=*/false);
    auto grid = numerics::gridForRange(range, storage, numerics::Symmetry::Symmetric);
    if (!grid) { // a range that is on a grid already is finite; nothing else is refused
      llvm::consumeError(grid.takeError());
      return old;
    }
    params.scales = {grid->scale};
    params.storageMin = storage.min;
    params.storageMax = storage.max;
    return params;
  }

  /// Exact where every q - z fits; else a narrow symmetric grid for the largest |q - z|.
  QuantParams mapWeights(const QuantParams &old, ArrayRef<int32_t> codes,
                         const ChannelIndex &channelOf) const override {
    if (old.isSigned && llvm::all_of(old.zeroPoints, [](int32_t zero) { return zero == 0; }))
      return old;
    SmallVector<int32_t> largest = getLargest(old, codes, channelOf);
    numerics::Storage storage = numerics::signedStorage(old.storageBits, /*narrow=*/true);
    QuantParams params = old;
    params.isSigned = true;
    params.zeroPoints.assign(old.zeroPoints.size(), 0);
    params.storageMin = storage.min;
    params.storageMax = storage.max;
    for (auto [scale, magnitude] : llvm::zip_equal(params.scales, largest))
      if (magnitude > storage.max)
        scale = static_cast<float>(static_cast<double>(scale) * magnitude / storage.max);
    return params;
  }

private:
  /// The largest |q - z| of each scale.
  static SmallVector<int32_t> getLargest(const QuantParams &old, ArrayRef<int32_t> codes,
                                         const ChannelIndex &channelOf) {
    SmallVector<int32_t> largest(old.scales.size(), 0);
    for (auto [index, code] : llvm::enumerate(codes)) {
      int64_t channel = old.axis < 0 ? 0 : channelOf(index);
      largest[channel] = std::max(largest[channel], std::abs(code - old.zeroPoint(channel)));
    }
    return largest;
  }
};

/// Activations get the tightest grid that clamps leave room for.
class AsymmetricRewrite : public StorageRewrite {
public:
  explicit AsymmetricRewrite(func::FuncOp function) {
    for (BlockArgument argument : function.getArguments())
      addValue(argument);
    for (Operation &op : function.getOps())
      if (getQuantizationRule(&op) != QuantizationRule::SameType && !isa<ConstantOp>(op))
        for (Value result : op.getResults())
          addValue(result);
  }

  QuantParams mapActivation(const QuantParams &old) const override {
    auto found = find(old);
    if (found == ranges.end())
      return old;
    numerics::Storage storage{old.storageMin, old.storageMax};
    auto grid = numerics::gridForRange(found->second, storage, numerics::Symmetry::Asymmetric);
    if (!grid) { // as above
      llvm::consumeError(grid.takeError());
      return old;
    }
    QuantParams params = old;
    // Without a clamp there is nothing to gain, and the old scale is kept to the bit.
    if (grid->zeroPoint == old.zeroPoint(0))
      return old;
    params.scales = {grid->scale};
    params.zeroPoints = {grid->zeroPoint};
    return params;
  }

private:
  /// Identifies a per-tensor grid.
  using Key = std::pair<std::pair<double, int32_t>, std::pair<int32_t, int32_t>>;
  static Key getKey(const QuantParams &params) {
    return {{params.scale(0), params.zeroPoint(0)}, {params.storageMin, params.storageMax}};
  }

  llvm::MapVector<Key, numerics::Range, std::map<Key, unsigned>>::const_iterator
  find(const QuantParams &params) const {
    return ranges.find(getKey(params));
  }

  /// Real values that `value` can have: what its grid represents, within its producer's clamp.
  void addValue(Value value) {
    std::optional<QuantParams> params = getQuantParams(value.getType());
    if (!params || params->axis >= 0)
      return;
    numerics::Range range = numerics::representableRange(getGrid(*params));
    if (auto clamped = value.getDefiningOp<ClampedOpInterface>()) {
      ClampBounds bounds = getClampBounds(clamped);
      range.lo = std::max<double>(range.lo, *llvm::min_element(bounds.min));
      range.hi = std::min<double>(range.hi, *llvm::max_element(bounds.max));
    }
    auto [entry, isNew] = ranges.insert({getKey(*params), range});
    entry->second.lo = std::min(entry->second.lo, range.lo);
    entry->second.hi = std::max(entry->second.hi, range.hi);
  }

  llvm::MapVector<Key, numerics::Range, std::map<Key, unsigned>> ranges;
};

/// Leaves out, or lets in again, the most negative code of weights.
class WeightRangeRewrite : public StorageRewrite {
public:
  explicit WeightRangeRewrite(bool narrow) : narrow(narrow) {}

  QuantParams mapWeights(const QuantParams &old, ArrayRef<int32_t> codes,
                         const ChannelIndex &channelOf) const override {
    int32_t full = old.isSigned ? -getHalf(old) : 0;
    QuantParams params = old;
    params.storageMin =
        narrow ? std::max(old.storageMin, full + 1) : std::min(old.storageMin, full);
    if (!narrow || old.storageMin > full)
      return params;
    // A channel that uses the code gets room for it: its largest magnitude moves one code inwards.
    SmallVector<bool> used(old.scales.size(), false);
    for (auto [index, code] : llvm::enumerate(codes))
      if (code == full)
        used[old.axis < 0 ? 0 : channelOf(index)] = true;
    for (auto [channel, isUsed] : llvm::enumerate(used)) {
      double distance = old.zeroPoint(channel) - full; // in codes, from real zero
      if (isUsed && distance > 1)
        params.scales[channel] = static_cast<float>(old.scale(channel) * distance / (distance - 1));
    }
    return params;
  }

private:
  bool narrow;
};

} // namespace

std::unique_ptr<StorageRewrite> qopt::createSignednessRewrite(bool toSigned) {
  return std::make_unique<SignednessRewrite>(toSigned);
}
std::unique_ptr<StorageRewrite> qopt::createSymmetricRewrite() {
  return std::make_unique<SymmetricRewrite>();
}
std::unique_ptr<StorageRewrite> qopt::createAsymmetricRewrite(func::FuncOp function) {
  return std::make_unique<AsymmetricRewrite>(function);
}
std::unique_ptr<StorageRewrite> qopt::createWeightRangeRewrite(bool narrow) {
  return std::make_unique<WeightRangeRewrite>(narrow);
}
