// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Resize and Upsample: nearest neighbour by whole factors.
#include "Node.h"

#include <cmath>

using namespace qopt;
using namespace qopt::onnx;

/// Whether `result[x] = input[floor(x / factor)]` is what the node's attributes mean.
static bool isPlainRepetition(llvm::StringRef coordinates, llvm::StringRef rounding,
                              int64_t factor) {
  if (factor == 1)
    return true;
  bool roundsToNearest = rounding.starts_with("round_prefer_");
  if (coordinates == "asymmetric")
    return rounding == "floor" || (factor == 2 && rounding == "round_prefer_floor");
  if (coordinates == "half_pixel" || coordinates == "pytorch_half_pixel")
    return roundsToNearest; // (x + 1/2) / f - 1/2 lies less than 1/2 away from floor(x / f)
  return coordinates == "tf_half_pixel_for_nn" && rounding == "floor";
}

/// Factors for N, C, H, W from scales or sizes.
static std::vector<float> readFactors(const Node &node, unsigned scalesInput) {
  if (auto scales = node.getFloats("scales"))
    return *scales;
  if (node.hasInput(scalesInput) && elementCount(node.getShape(scalesInput)) > 0)
    return node.getFloatConstant(scalesInput, "the scales").floats;
  const Tensor &sizes = node.getIntegerConstant(scalesInput + 1, "the sizes");
  ShapeRef input = node.getShape(0);
  std::vector<float> factors;
  for (size_t i = 0; i < sizes.size() && i < input.size(); ++i)
    factors.push_back(float(double(sizes.integers[i]) / double(input[i])));
  return factors;
}

static void createResize(Node &node, const std::vector<float> &factors, llvm::StringRef coordinates,
                         llvm::StringRef rounding) {
  mlir::Value input = node.getChannelsLast(0);
  bool valid = factors.size() == 4 && factors[0] == 1 && factors[1] == 1;
  for (float factor : factors)
    valid &= factor >= 1 && factor <= 4096 && factor == std::floor(factor);
  if (!valid)
    fail("its factors are not whole numbers for height and width; upsample by 2, 3, ... instead");
  Shape scales = {int64_t(factors[2]), int64_t(factors[3])};
  if (!isPlainRepetition(coordinates, rounding, scales[0]) ||
      !isPlainRepetition(coordinates, rounding, scales[1]))
    fail("coordinates " + quoted(coordinates) + " with rounding " + quoted(rounding) +
         " are not supported; export it with 'asymmetric' and 'floor'");
  Shape shape(Activation{input}.shape());
  shape[1] *= scales[0];
  shape[2] *= scales[1];
  node.setChannelsLast(node.create<ResizeNearestOp>(shape, input, scales));
}

static void checkMode(const Node &node) {
  std::string mode = node.getString("mode", "nearest");
  if (mode != "nearest")
    fail("its mode " + quoted(mode) + " is not supported; use nearest-neighbour upsampling");
}

static void importResize(Node &node) {
  checkMode(node);
  if (node.getOpset() < 11)
    return createResize(node, readFactors(node, 1), "asymmetric", "floor");
  if (node.hasAttribute("axes") || node.getInt("antialias", 0) != 0 ||
      node.getString("keep_aspect_ratio_policy", "stretch") != "stretch")
    fail("its axes, antialias or aspect ratio options are not supported; export it without them");
  createResize(node, readFactors(node, 2),
               node.getString("coordinate_transformation_mode", "half_pixel"),
               node.getString("nearest_mode", "round_prefer_floor"));
}

static void importUpsample(Node &node) {
  checkMode(node);
  createResize(node, readFactors(node, 1), "asymmetric", "floor");
}

void qopt::onnx::addResizeOperators(OperatorTable &table) {
  table.add({{"Resize", importResize, nullptr, 4}, {"Upsample", importUpsample, nullptr, 2}});
}
