// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Activation functions: clamps, and those that become lookups.
#include "Folds.h"
#include "Node.h"

#include <cfloat>
#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

//===----------------------------------------------------------------------===//
// Clamps
//===----------------------------------------------------------------------===//

static void createClamp(Node &node, std::optional<float> low, std::optional<float> high) {
  if (low && high && *low > *high)
    fail("its bounds " + std::to_string(*low) + " and " + std::to_string(*high) +
         " are in the wrong order; export the model again");
  // The largest float and infinity say "no bound".
  if (low && *low <= -FLT_MAX)
    low.reset();
  if (high && *high >= FLT_MAX)
    high.reset();
  if (!low && !high)
    return node.setAlias(0);
  Activation input = node.getAny(0);
  mlir::Value result =
      node.create<ClampOp>(input.shape(), input.value, node.getBounds(low), node.getBounds(high));
  node.setResult({result, input.isChannelsLast});
}

static void importRelu(Node &node) { createClamp(node, 0.0f, std::nullopt); }

static void importClip(Node &node) {
  if (node.getOpset() < 11)
    return createClamp(node, node.getFloat("min", -FLT_MAX), node.getFloat("max", FLT_MAX));
  std::optional<float> low, high;
  if (node.hasInput(1))
    low = node.getScalar(1, "the minimum");
  if (node.hasInput(2))
    high = node.getScalar(2, "the maximum");
  createClamp(node, low, high);
}

/// The larger (smaller) of an activation and a number is a clamp.
template <bool isMaximum> static void importExtremum(Node &node) {
  bool isBound = node.getNumInputs() == 2 && !node.isConstant(0) && node.isConstant(1);
  if (!isBound)
    fail("it compares activations, which is not supported; only a constant second input is");
  float bound = node.getScalar(1, "the bound");
  if (node.getRank(1) > node.getRank(0))
    fail("its bound has more dimensions than its input; make it a scalar");
  createClamp(node, isMaximum ? std::optional(bound) : std::nullopt,
              isMaximum ? std::nullopt : std::optional(bound));
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static void createUnary(Node &node, UnaryKind kind, float alpha = 0, float beta = 0) {
  if (!std::isfinite(alpha) || !std::isfinite(beta))
    fail("its attributes are infinite; export the model again");
  Activation input = node.getAny(0);
  mlir::Value result = node.create<UnaryOp>(input.shape(), kind, input.value, llvm::APFloat(alpha),
                                            llvm::APFloat(beta));
  node.setResult({result, input.isChannelsLast});
}

template <UnaryKind kind> static void importFunction(Node &node) { createUnary(node, kind); }

static void importHardSigmoid(Node &node) {
  createUnary(node, UnaryKind::HardSigmoid, node.getFloat("alpha", 0.2f),
              node.getFloat("beta", 0.5f));
}

static void importLeakyRelu(Node &node) {
  createUnary(node, UnaryKind::LeakyRelu, node.getFloat("alpha", 0.01f));
}

static void importElu(Node &node) {
  createUnary(node, UnaryKind::Elu, node.getFloat("alpha", 1.0f));
}

static void importGelu(Node &node) {
  if (node.getString("approximate", "none") != "none")
    fail("its tanh approximation is not supported; export it with approximate = none");
  createUnary(node, UnaryKind::Gelu);
}

void qopt::onnx::addUnaryOperators(OperatorTable &table) {
  table.add({{"Relu", importRelu, nullptr, 1},
             {"Clip", importClip, nullptr, 3},
             {"Max", importExtremum<true>, foldMaximum},
             {"Min", importExtremum<false>, foldMinimum},
             {"Neg", importFunction<UnaryKind::Neg>, foldNegation},
             {"Sqrt", nullptr, foldSqrt},
             {"Sigmoid", importFunction<UnaryKind::Sigmoid>, nullptr, 1},
             {"HardSigmoid", importHardSigmoid, nullptr, 1},
             {"HardSwish", importFunction<UnaryKind::HardSwish>, nullptr, 1},
             {"Tanh", importFunction<UnaryKind::Tanh>, nullptr, 1},
             {"Exp", importFunction<UnaryKind::Exp>, nullptr, 1},
             {"LeakyRelu", importLeakyRelu, nullptr, 1},
             {"Elu", importElu, nullptr, 1},
             {"Gelu", importGelu, nullptr, 1},
             {"Softplus", importFunction<UnaryKind::Softplus>, nullptr, 1},
             {"Abs", importFunction<UnaryKind::Abs>, nullptr, 1}});
}
