// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cost model of register tiles: exhaustive, because there are few.
#include "qopt/Codegen/TilePlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace qopt::codegen {

int64_t TilePlan::panelCount() const {
  int64_t count = 0;
  for (const PanelKind &kind : panels)
    count += kind.count;
  return count;
}

int64_t TilePlan::vectorCount() const {
  int64_t count = 0;
  for (const PanelKind &kind : panels)
    count += kind.count * kind.vectors;
  return count;
}

namespace {

class Planner {
public:
  Planner(const TileProblem &problem, const DotRow &row, int64_t lanes)
      : problem(problem), budget(row.getBudget()), shape(row.getShape()), lanes(lanes),
        dotsPerVector(std::max<int64_t>(1, lanes / shape.n)),
        partsPerStep(row.getStepBytes() / shape.k), weightBytes(lanes * row.getStepBytes()) {}

  TilePlan best() const {
    TilePlan best;
    double bestCost = -1;
    int64_t most = std::min<int64_t>(budget.maxVectors, llvm::divideCeil(problem.channels, lanes));
    auto consider = [&](int64_t vectors, bool shared) {
      forEachTile(vectors, shared, [&](int64_t height, int64_t width) {
        TilePlan plan{height, width, panelsOf(vectors), shared};
        double cost = costOf(plan);
        if (bestCost < 0 || cost < bestCost)
          best = plan, bestCost = cost;
      });
    };
    for (int64_t vectors = 1; vectors <= most; ++vectors)
      consider(vectors, /*shared=*/false);
    // Narrow panels of many channels would write a pixel in too many pieces.
    int64_t least = std::min<int64_t>(2, most);
    if (budget.sharesColumns && problem.columns.steps > 0)
      for (int64_t vectors = least; vectors <= most; ++vectors)
        if (fits(1, vectors, /*shared=*/true))
          consider(vectors, /*shared=*/true);
    return best;
  }

private:
  int64_t accumulatorsOf(int64_t pixels, int64_t vectors) const {
    return llvm::divideCeil(pixels, shape.m) * vectors * dotsPerVector;
  }

  /// Operands of several parts are all alive during a step, and so are the weights of columns that
  /// share operands, the next of which is on its way.
  bool fits(int64_t pixels, int64_t vectors, bool shared) const {
    int64_t operands = partsPerStep > 1 ? llvm::divideCeil(pixels, shape.m) : shared ? 2 : 1;
    int64_t accumulators = accumulatorsOf(pixels, vectors);
    int64_t weights = vectors * dotsPerVector * columnsOf(shared);
    return accumulators <= budget.accumulators &&
           accumulators + weights + operands * budget.activationRegisters <= budget.registers;
  }

  /// Of the kernel, in a step.
  int64_t columnsOf(bool shared) const { return shared ? problem.columns.count : 1; }

  template <typename Fn> void forEachTile(int64_t vectors, bool shared, Fn fn) const {
    for (int64_t height = 1; height <= problem.height; ++height) {
      if (height > 1 && !fits(height, vectors, shared))
        return;
      for (int64_t width = 1; width <= problem.width; ++width) {
        if (width > 1 && !fits(height * width, vectors, shared))
          break;
        fn(height, width);
      }
    }
  }

  /// Full panels, then one of what is left over.
  llvm::SmallVector<PanelKind, 2> panelsOf(int64_t vectors) const {
    llvm::SmallVector<PanelKind, 2> panels;
    int64_t width = vectors * lanes, full = problem.channels / width;
    int64_t rest = problem.channels - full * width;
    if (full)
      panels.push_back({vectors, width, full});
    if (rest)
      panels.push_back({static_cast<int64_t>(llvm::divideCeil(rest, lanes)), rest, 1});
    return panels;
  }

  double tileCost(int64_t height, int64_t width, int64_t vectors, bool shared, double share) const {
    int64_t pixels = height * width, columns = columnsOf(shared);
    double dots = accumulatorsOf(pixels, vectors) * partsPerStep * columns;
    double operandCost = problem.packed ? budget.packedCost : budget.activationCost;
    int64_t operands =
        shared ? height * problem.columns.pixelsRead(width) : llvm::divideCeil(pixels, shape.m);
    double loads = vectors * dotsPerVector * partsPerStep * columns * budget.weightLoadCost +
                   operands * operandCost;
    double stall = static_cast<double>(budget.dotsInFlight) * partsPerStep * columns;
    int64_t allSteps = shared ? problem.columns.steps : problem.steps;
    double step = std::max({dots, loads, stall}) + budget.loadShare * loads;
    if (allSteps * vectors * columns * weightBytes >= budget.nearPanelBytes)
      step += vectors * columns * budget.farWeightCost;
    int64_t exposed = std::max<int64_t>(0, accumulatorsOf(pixels, vectors) - budget.hiddenResults);
    return allSteps * share * step + budget.tileOverhead + exposed * budget.exposedCost +
           pixels * (budget.pixelOverhead + llvm::popcount<uint64_t>(vectors) * budget.storeCost);
  }

  /// Of one row of tiles.
  double rowCost(const TilePlan &plan, const PanelKind &kind, int64_t row, int64_t height) const {
    double cost = 0;
    auto add = [&](int64_t count, int64_t width) {
      if (count * width == 0)
        return;
      double share = problem.share ? problem.share(row, height, width, plan.sharesColumns) : 1;
      cost += count * tileCost(height, width, kind.vectors, plan.sharesColumns, share);
    };
    add(problem.width / plan.width, plan.width);
    add(1, problem.width % plan.width);
    return cost;
  }

  double costOf(const TilePlan &plan) const {
    double cost = 0;
    for (const PanelKind &kind : plan.panels)
      for (int64_t row = 0; row < problem.height; row += plan.height)
        cost += kind.count * rowCost(plan, kind, row, std::min(plan.height, problem.height - row));
    return cost;
  }

  const TileProblem &problem;
  TileBudget budget;
  DotShape shape;
  int64_t lanes, dotsPerVector, partsPerStep;
  int64_t weightBytes; ///< of one vector in a step
};

} // namespace

TilePlan planTiles(const TileProblem &problem, const DotRow &row, int64_t lanes) {
  return Planner(problem, row, lanes).best();
}

} // namespace qopt::codegen
