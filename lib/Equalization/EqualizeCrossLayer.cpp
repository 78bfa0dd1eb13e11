// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-equalize-cross-layer: see Passes.td.
#include "qopt/Equalization/Passes.h"

#include "ScaledLayer.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>

namespace qopt {
#define GEN_PASS_DEF_EQUALIZECROSSLAYER
#include "qopt/Equalization/Passes.h.inc"
} // namespace qopt

using namespace mlir;
using namespace qopt;

/// A round that moves no scale by more than a thousandth has converged.
constexpr double kConverged = 1e-3;

namespace {

/// Balances, scale by scale, the greatest weight of the rows that make its channels against the
/// greatest weight of the columns that read them.
class CrossLayerEqualizer {
public:
  explicit CrossLayerEqualizer(const ScaleGraph &graph)
      : graph(graph), layers(getScaledLayers(graph)), logScales(graph.numScales(), 0.0),
        made(graph.numScales()), read(graph.numScales()), active(graph.numScales()) {
    findNeighbours();
  }

  void run(unsigned rounds) {
    for (unsigned round = 0; round < rounds; ++round) {
      double moved = 0.0;
      for (size_t layer = 0; layer < layers.size(); ++layer)
        moved = std::max(moved, balanceOutputs(layer));
      if (moved < kConverged)
        return;
    }
  }
  ArrayRef<double> getLogScales() const { return logScales; }

private:
  void findNeighbours();
  double balanceOutputs(size_t layer);
  void measure(const ScaledLayer &layer);

  const ScaleGraph &graph;
  std::vector<ScaledLayer> layers;
  std::vector<double> logScales;
  std::vector<double> made, read; ///< r1 and r2 of the active scales
  std::vector<char> active;
  /// Layers that make or read a scale of a layer's outputs.
  std::vector<SmallVector<size_t>> neighbours;
};

} // namespace

void CrossLayerEqualizer::findNeighbours() {
  std::vector<llvm::SmallSetVector<size_t, 4>> touching(graph.numScales());
  for (auto [index, layer] : llvm::enumerate(layers))
    for (const auto *scales : {&layer.inputs, &layer.outputs})
      for (unsigned scale : *scales)
        touching[scale].insert(index);
  for (const ScaledLayer &layer : layers) {
    llvm::SmallSetVector<size_t, 8> all;
    for (unsigned scale : layer.outputs)
      all.insert(touching[scale].begin(), touching[scale].end());
    neighbours.push_back(all.takeVector());
  }
}

/// Folds the weights of a layer, as they are under the scales so far, into r1 and r2.
void CrossLayerEqualizer::measure(const ScaledLayer &layer) {
  const WeightLayout &layout = layer.weights.layout;
  SmallVector<double> inputs;
  for (unsigned scale : layer.inputs)
    inputs.push_back(std::exp(logScales[scale]));
  const float *maximum = layer.weights.maxima.data();
  for (int64_t o = 0; o < layout.numOutputs(); ++o) {
    unsigned output = layer.outputs[o];
    double factor = std::exp(-logScales[output]), row = 0.0;
    for (int64_t j = 0; j < layout.numRead(); ++j) {
      int64_t input = layout.getInput(o, j);
      double weight = *maximum++ * inputs[input] * factor;
      row = std::max(row, weight);
      if (active[layer.inputs[input]])
        read[layer.inputs[input]] = std::max(read[layer.inputs[input]], weight);
    }
    if (active[output])
      made[output] = std::max(made[output], row);
  }
}

/// s = sqrt(r1 / r2) leaves both sides with the greatest weight sqrt(r1 * r2).
double CrossLayerEqualizer::balanceOutputs(size_t index) {
  llvm::SmallSetVector<unsigned, 32> scales;
  for (unsigned scale : layers[index].outputs)
    if (!graph.isFixed(scale))
      scales.insert(scale);
  if (scales.empty())
    return 0.0;
  for (unsigned scale : scales) {
    active[scale] = true;
    made[scale] = read[scale] = 0.0;
  }
  for (size_t neighbour : neighbours[index])
    measure(layers[neighbour]);
  double moved = 0.0;
  for (unsigned scale : scales) {
    active[scale] = false;
    if (made[scale] == 0.0 || read[scale] == 0.0)
      continue; // a dead channel has nothing to balance
    double step = 0.5 * std::log(made[scale] / read[scale]);
    logScales[scale] += step;
    moved = std::max(moved, std::fabs(step));
  }
  return moved;
}

namespace {

struct EqualizeCrossLayerPass : qopt::impl::EqualizeCrossLayerBase<EqualizeCrossLayerPass> {
  using EqualizeCrossLayerBase::EqualizeCrossLayerBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    FailureOr<ScaleGraph> graph = ScaleGraph::build(function);
    if (failed(graph))
      return signalPassFailure();
    graph->explainFixed();
    CrossLayerEqualizer equalizer(*graph);
    equalizer.run(iterations);
    applyScales(*graph, function, equalizer.getLogScales());
    numScaled += llvm::count_if(equalizer.getLogScales(), [](double u) { return u != 0.0; });
  }
};

} // namespace
