// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights in the order in which kernels walk them, and the terms that are constant.
#include "qopt/Codegen/DotPacking.h"

#include "llvm/Support/MathExtras.h"

namespace qopt::codegen {

//===----------------------------------------------------------------------===//
// The reduction
//===----------------------------------------------------------------------===//

static int64_t pixelBytes(const DotLayer &layer, const DotRow &row) {
  return llvm::alignTo(layer.channelsPerGroup(), row.getStepBytes());
}

bool walksDensePixels(const Window &window, int64_t channels, int64_t groups, const DotRow &row) {
  int64_t kernel = window.width.kernel, step = row.getStepBytes();
  return row.takesAnyAddress() && groups == 1 && kernel > 1 && window.width.dilation == 1 &&
         channels < step && kernel * channels <= (kernel - 1) * step;
}

int64_t densePixelsBehind(const Window &window, int64_t channels, const DotRow &row) {
  int64_t bytes = window.width.kernel * channels;
  return llvm::divideCeil(llvm::alignTo(bytes, row.getStepBytes()) - bytes, channels);
}

static bool hasDensePixels(const DotLayer &layer, const DotRow &row) {
  const BufferLayout &in = layer.input;
  return walksDensePixels(layer.window, in.c, layer.groups, row) && in.pixelStride == in.c &&
         in.halo.right >=
             haloOf(layer.window, in.h, in.w).right + densePixelsBehind(layer.window, in.c, row);
}

bool canReduce(const DotLayer &layer, const DotRow &row) {
  int64_t lastGroup = (layer.groups - 1) * layer.channelsPerGroup();
  bool paddedPixels = lastGroup + pixelBytes(layer, row) <= layer.input.pixelStride;
  return row.acceptsActivations(layer.input.flipped) &&
         (paddedPixels || hasDensePixels(layer, row));
}

/// Merging walks the padding of all pixels but the last; it must not cost more than it saves.
static bool worthMerging(const DotLayer &layer, const DotRow &row) {
  const WindowDim &width = layer.window.width;
  int64_t stride = layer.input.pixelStride;
  return width.kernel > 1 && width.dilation == 1 && layer.groups == 1 &&
         stride % row.getStepBytes() == 0 && 4 * stride <= 5 * pixelBytes(layer, row);
}

/// Pixels without padding are read past their end, but no further than a merged row is.
bool canShareColumns(const DotLayer &layer, const DotRow &row) {
  const WindowDim &width = layer.window.width;
  int64_t before = (width.kernel - 1) * width.dilation * layer.input.pixelStride;
  int64_t end = before + pixelBytes(layer, row);
  int64_t mergedEnd = llvm::alignTo(before + layer.channelsPerGroup(), row.getStepBytes());
  bool staysInside = !hasDensePixels(layer, row) || end <= mergedEnd;
  return row.getBudget().sharesColumns && row.getShape().m == 1 &&
         row.getShape().k == row.getStepBytes() && width.kernel > 1 && staysInside;
}

ReductionPlan planReduction(const DotLayer &layer, const DotRow &row, ColumnWalk walk) {
  const Window &window = layer.window;
  ReductionPlan plan;
  plan.rows = window.height.kernel;
  plan.rowAdvance = window.height.dilation * layer.input.rowStride;
  bool mayMerge = worthMerging(layer, row) || hasDensePixels(layer, row);
  plan.merged = walk == ColumnWalk::Merged && mayMerge;
  int64_t bytes = layer.channelsPerGroup();
  if (walk == ColumnWalk::Shared) {
    plan.taps = window.width.kernel;
  } else if (plan.merged) {
    bytes += (window.width.kernel - 1) * layer.input.pixelStride;
  } else {
    plan.columns = window.width.kernel;
    plan.columnAdvance = window.width.dilation * layer.input.pixelStride;
  }
  plan.steps = llvm::divideCeil(bytes, row.getStepBytes());
  return plan;
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

DotPacking::DotPacking(const DotLayer &layer, const DotRow &row, const ReductionPlan &reduction,
                       const TilePlan &tiles, int64_t lanes)
    : layer(layer), row(row), reduction(reduction), tiles(tiles), lanes(lanes) {}

int64_t DotPacking::blocksPerVector() const { return lanes / row.getShape().n; }

int64_t DotPacking::stepBytes(int64_t vectors) const {
  return vectors * lanes * row.getStepBytes() * reduction.taps;
}

bool DotPacking::isProduct(int64_t byte) const {
  if (!reduction.merged)
    return byte < layer.channelsPerGroup();
  int64_t stride = layer.input.pixelStride;
  return byte < layer.window.width.kernel * stride && byte % stride < layer.channelsPerGroup();
}

int32_t DotPacking::weightAt(int64_t channel, int64_t y, int64_t column, int64_t byte) const {
  if (!isProduct(byte))
    return 0;
  int64_t x = reduction.merged ? byte / layer.input.pixelStride : column;
  int64_t c = reduction.merged ? byte % layer.input.pixelStride : byte;
  return layer.weight(channel, y, x, c) + row.getWeightOffset();
}

/// Calls fn(lane of the panel, row, column, byte of the run) in packing order.
template <typename Fn> void DotPacking::walk(int64_t vectors, Fn fn) const {
  DotShape shape = row.getShape();
  int64_t blocks = vectors * blocksPerVector(), stepBytes = row.getStepBytes();
  for (int64_t y = 0; y < reduction.rows; ++y)
    for (int64_t x = 0; x < reduction.columns; ++x)
      for (int64_t part = 0; part < reduction.steps * stepBytes; part += shape.k)
        for (int64_t tap = 0; tap < reduction.taps; ++tap)
          for (int64_t block = 0; block < blocks; ++block)
            for (int64_t n = 0; n < shape.n; ++n)
              for (int64_t k = 0; k < shape.k; ++k)
                fn(block * shape.n + n, y, x + tap, part + k);
}

llvm::SmallVector<char, 0> DotPacking::packWeights() const {
  llvm::SmallVector<char, 0> bytes;
  bytes.reserve(layer.groups * panelBytes(tiles.vectorCount()));
  for (int64_t group = 0; group < layer.groups; ++group) {
    int64_t first = group * layer.outputsPerGroup();
    for (const PanelKind &kind : tiles.panels)
      for (int64_t panel = 0; panel < kind.count; ++panel, first += kind.channels)
        walk(kind.vectors, [&](int64_t lane, int64_t y, int64_t x, int64_t byte) {
          bool exists = lane < kind.channels;
          bytes.push_back(static_cast<char>(exists ? weightAt(first + lane, y, x, byte) : 0));
        });
  }
  return bytes;
}

llvm::SmallVector<char, 0> DotPacking::packOnes() const {
  llvm::SmallVector<char, 0> bytes;
  walk(1, [&](int64_t, int64_t, int64_t, int64_t byte) { bytes.push_back(isProduct(byte)); });
  return bytes;
}

llvm::SmallVector<int64_t> DotPacking::laneChannels() const {
  llvm::SmallVector<int64_t> channels;
  for (int64_t group = 0; group < layer.groups; ++group) {
    int64_t first = group * layer.outputsPerGroup(), last = first + layer.outputsPerGroup() - 1;
    for (int64_t lane = 0; lane < tiles.vectorCount() * lanes; ++lane)
      channels.push_back(std::min(first + lane, last));
  }
  return channels;
}

llvm::SmallVector<int32_t> effectiveBias(const DotLayer &layer) {
  int64_t reductionSize = layer.weights.size() / layer.output.c;
  llvm::SmallVector<int32_t> result;
  for (int64_t channel = 0; channel < layer.output.c; ++channel) {
    int64_t sum = -reductionSize * layer.weightZeroPoint(channel);
    for (int64_t i = 0; i < reductionSize; ++i)
      sum += layer.weights[channel * reductionSize + i];
    int64_t bias = layer.bias.empty() ? 0 : layer.bias[channel];
    // Wrap-around is legal: only the final sum is proven to fit.
    result.push_back(static_cast<int32_t>(bias - layer.input.zeroAtRest() * sum));
  }
  return result;
}

llvm::SmallVector<int32_t> DotPacking::rowSumFactors() const {
  llvm::SmallVector<int32_t> factors;
  for (int64_t channel = 0; channel < layer.output.c; ++channel)
    factors.push_back(layer.weightZeroPoint(channel) + row.getWeightOffset());
  return factors;
}

} // namespace qopt::codegen
