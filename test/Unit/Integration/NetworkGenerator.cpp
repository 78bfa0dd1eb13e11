// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NetworkGenerator.h"

#include "LayerGenerator.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

/// One layer on `input`; null where the draw does not fit.
Value LayerGenerator::next(Value input) {
  using Layer = Value (LayerGenerator::*)(Value);
  static const Layer onImages[] = {
      &LayerGenerator::conv,      &LayerGenerator::conv,      &LayerGenerator::conv,
      &LayerGenerator::conv,      &LayerGenerator::depthwise, &LayerGenerator::binary,
      &LayerGenerator::binary,    &LayerGenerator::depthwise, &LayerGenerator::averagePool,
      &LayerGenerator::maxPool,   &LayerGenerator::mean,      &LayerGenerator::concat,
      &LayerGenerator::pad,       &LayerGenerator::reshape,   &LayerGenerator::slice,
      &LayerGenerator::transpose, &LayerGenerator::resize,    &LayerGenerator::clamp,
      &LayerGenerator::lookup,    &LayerGenerator::requantize};
  static const Layer onAnything[] = {
      &LayerGenerator::binary,    &LayerGenerator::concat,     &LayerGenerator::reshape,
      &LayerGenerator::transpose, &LayerGenerator::slice,      &LayerGenerator::clamp,
      &LayerGenerator::lookup,    &LayerGenerator::requantize, &LayerGenerator::softmax};
  size_t rank = shapeOf(input).size();
  if (rank == 4)
    return (this->*random.pick<Layer>(onImages))(input);
  if (rank == 2 && random.chance(0.4))
    return matmul(input, /*floatResult=*/false);
  return (this->*random.pick<Layer>(onAnything))(input);
}

/// A result of the network: codes, dequantized, or the floats of a last layer.
Value LayerGenerator::finish(Value value) {
  if (random.chance(0.2))
    return value;
  if (shapeOf(value).size() == 2 && random.chance(0.5))
    if (Value logits = matmul(value, /*floatResult=*/true))
      return logits;
  if (shapeOf(value).size() == 4 && random.chance(0.3))
    if (Value logits = conv(value, /*floatResult=*/true))
      return logits;
  if (random.chance(0.1))
    return SoftmaxOp::create(builder, loc,
                             RankedTensorType::get(shapeOf(value), builder.getF32Type()), value);
  return DequantizeOp::create(builder, loc,
                              RankedTensorType::get(shapeOf(value), builder.getF32Type()), value);
}

SmallVector<Value> LayerGenerator::build(Value input) {
  if (!isQuantized(input))
    input = QuantizeOp::create(
        builder, loc,
        RankedTensorType::get(shapeOf(input), activationType(random.real(0.03, 0.15))), input);
  made.push_back(input);
  int64_t layers = random.range(1, 9);
  for (int64_t attempt = 0; attempt < 4 * layers && int64_t(made.size()) <= layers; ++attempt) {
    Value from = random.chance(0.8) ? made.back() : random.pick<Value>(made);
    if (Value result = next(from))
      made.push_back(result);
  }
  SmallVector<Value> results = {finish(made.back())};
  if (random.chance(0.15))
    results.push_back(finish(random.pick<Value>(made)));
  return results;
}

int64_t qopt::test::nearTile(ArrayRef<int64_t> sizes, int64_t most, Random &random) {
  int64_t near = random.pick<int64_t>(sizes) * random.range(1, 2) + random.range(-1, 1);
  return std::clamp<int64_t>(near, 1, most);
}

/// Of the input: a batch of rows, a map, or a map of one row (which flattened layers see too).
static SmallVector<int64_t> randomShape(const TileSizes &tiles, Random &random) {
  if (random.chance(0.15)) {
    int64_t rows = random.chance(0.3) ? nearTile(tiles.pixels, 16, random) : random.range(1, 3);
    return {rows, random.range(1, 150)};
  }
  int64_t channels = random.chance(0.2) ? random.range(16, 40) : random.range(1, 12);
  if (random.chance(0.3))
    channels = nearTile(random.chance(0.5) ? tiles.depths : tiles.channels, 70, random);
  int64_t batch = random.chance(0.8) ? 1 : 2;
  if (random.chance(0.1))
    return {batch, 1, nearTile(tiles.pixels, 64, random), channels};
  auto extent = [&] {
    return random.chance(0.3) ? nearTile(tiles.pixels, 20, random) : random.range(1, 14);
  };
  int64_t height = extent(), width = extent();
  return {batch, height, width, channels};
}

func::FuncOp qopt::test::addRandomNetwork(ModuleOp module, StringRef name, Contract contract,
                                          const TileSizes &tiles, Random &random) {
  MLIRContext *context = module.getContext();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  SmallVector<int64_t> shape = randomShape(tiles, random);
  Type element = builder.getF32Type();
  if (random.chance(0.2))
    element = getPerTensorType(context, 0.05f, static_cast<int32_t>(random.range(-128, 127)));
  Location loc = builder.getUnknownLoc();
  auto function = func::FuncOp::create(
      builder, loc, name,
      builder.getFunctionType({RankedTensorType::get(shape, element)}, TypeRange()));
  function->setAttr(kContractAttr, ContractAttr::get(context, contract));
  function.addEntryBlock();
  SmallVector<Value> results =
      LayerGenerator(function, contract, tiles, random).build(function.getArgument(0));
  OpBuilder inside = OpBuilder::atBlockEnd(&function.front());
  func::ReturnOp::create(inside, loc, results);
  function.setType(
      builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  return function;
}
