// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "NetworkGenerator.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

namespace {

/// Element counts that keep a network small enough to interpret.
constexpr int64_t kMaxElements = 6000;
constexpr int64_t kMaxMacs = 400000;

class Generator {
public:
  Generator(func::FuncOp function, Contract contract, Random &random)
      : builder(OpBuilder::atBlockEnd(&function.front())), loc(function.getLoc()),
        contract(contract), random(random) {}

  /// Runs from the argument to the values to return.
  SmallVector<Value> build(Value input);

private:
  using Type4 = SmallVector<int64_t, 4>;
  static ArrayRef<int64_t> shapeOf(Value value) {
    return cast<ShapedType>(value.getType()).getShape();
  }
  static float scaleOf(Value value) { return getQuantParams(value.getType())->scale(0); }
  static int64_t elementsOf(ArrayRef<int64_t> shape) {
    int64_t count = 1;
    for (int64_t dim : shape)
      count *= dim;
    return count;
  }
  RankedTensorType like(Value value, ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, cast<ShapedType>(value.getType()).getElementType());
  }
  quant::QuantizedType activationType(double scale) {
    // Zero points at both ends and symmetric grids occur as well as ordinary ones.
    int64_t zero = random.chance(0.2)   ? 0
                   : random.chance(0.2) ? (random.chance(0.5) ? -128 : 127)
                                        : random.range(-100, 100);
    bool narrow = random.chance(0.1);
    if (narrow)
      zero = std::max<int64_t>(zero, -127);
    return getPerTensorType(builder.getContext(), static_cast<float>(scale), zero,
                            narrow ? -127 : -128, 127);
  }
  DenseI64ArrayAttr array(ArrayRef<int64_t> values) { return builder.getDenseI64ArrayAttr(values); }
  /// Codes in [-127, 127].
  Value weights(ArrayRef<int64_t> shape, int64_t axis, SmallVector<float> &scales);
  Value bias(int64_t channels, double magnitude);
  /// Bounds of a clamp in real units, for a result of `scale`; both null often.
  std::pair<DenseF32ArrayAttr, DenseF32ArrayAttr> clamps(double scale, int64_t channels);
  /// Scale of a result whose accumulator sums `terms` products and should spread over the grid.
  double resultScale(double inputScale, ArrayRef<float> weightScales, int64_t terms) {
    return inputScale * weightScales[0] * 5400 * std::sqrt(double(terms)) / random.real(25, 90);
  }
  Window randomWindow(Value input, bool padBelowKernel, bool dilate);

  Value conv(Value input) { return conv(input, /*floatResult=*/false); }
  Value conv(Value input, bool floatResult);
  Value depthwise(Value input);
  Value binary(Value input);
  Value averagePool(Value input);
  Value maxPool(Value input);
  Value mean(Value input);
  Value concat(Value input);
  Value pad(Value input);
  Value reshape(Value input);
  Value transpose(Value input);
  Value slice(Value input);
  Value resize(Value input);
  Value clamp(Value input);
  Value lookup(Value input);
  Value requantize(Value input);
  Value softmax(Value input);
  Value matmul(Value input, bool floatResult);
  Value next(Value input);
  Value finish(Value value);

  OpBuilder builder;
  Location loc;
  Contract contract;
  Random &random;
  SmallVector<Value> made; ///< quantized activations so far
};

} // namespace

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Value Generator::weights(ArrayRef<int64_t> shape, int64_t axis, SmallVector<float> &scales) {
  SmallVector<int8_t> codes(elementsOf(shape));
  for (int8_t &code : codes)
    code = random.range(-127, 127);
  float scale = static_cast<float>(random.real(0.002, 0.02));
  quant::QuantizedType type;
  if (random.chance(0.7)) {
    for (int64_t c = 0; c < shape[axis]; ++c)
      scales.push_back(scale * static_cast<float>(random.real(0.5, 1.5)));
    type = getPerAxisType(builder.getContext(), scales, axis);
  } else {
    scales.push_back(scale);
    type = getPerTensorType(builder.getContext(), scale, 0, -127, 127);
  }
  return createCodeConstant(builder, loc, "w", shape, type, codes);
}

Value Generator::bias(int64_t channels, double magnitude) {
  if (random.chance(0.2))
    return {};
  SmallVector<int32_t> values;
  for (int64_t c = 0; c < channels; ++c)
    values.push_back(static_cast<int32_t>(random.real(-magnitude, magnitude)));
  return createInt32Constant(builder, loc, "b", {channels}, values);
}

std::pair<DenseF32ArrayAttr, DenseF32ArrayAttr> Generator::clamps(double scale, int64_t channels) {
  DenseF32ArrayAttr low, high;
  if (random.chance(0.4))
    low = builder.getDenseF32ArrayAttr({0.0f});
  if (random.chance(0.2)) {
    SmallVector<float> bounds(random.chance(0.5) ? 1 : channels);
    for (float &bound : bounds)
      bound = static_cast<float>(scale * random.real(1, 100));
    high = builder.getDenseF32ArrayAttr(bounds);
  }
  return {low, high};
}

Window Generator::randomWindow(Value input, bool padBelowKernel, bool dilate) {
  ArrayRef<int64_t> shape = shapeOf(input);
  auto dim = [&](int64_t size) {
    WindowDim window;
    do {
      window.kernel = random.pick<int64_t>({1, 1, 2, 3, 3, 3, 4, 5});
      window.stride = random.pick<int64_t>({1, 1, 1, 2, 3});
      window.dilation = dilate && random.chance(0.1) ? 2 : 1;
      int64_t most = padBelowKernel ? window.kernel - 1 : window.kernel;
      bool same = random.chance(0.5);
      window.padLow = same ? (window.kernel - 1) / 2 : random.range(0, most);
      window.padHigh = same ? window.kernel / 2 : random.range(0, most);
    } while (window.outputSize(size) < 1);
    return window;
  };
  return {dim(shape[1]), dim(shape[2])};
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value Generator::conv(Value input, bool floatResult) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Window window = randomWindow(input, /*padBelowKernel=*/false, /*dilate=*/true);
  int64_t height = window.height.outputSize(shape[1]), width = window.width.outputSize(shape[2]);
  int64_t groups = shape[3] % 2 == 0 && random.chance(0.15) ? 2 : 1;
  int64_t channels = random.chance(0.2) ? random.range(30, 70) : random.range(1, 20);
  channels = (channels + groups - 1) / groups * groups;
  int64_t terms = window.height.kernel * window.width.kernel * shape[3] / groups;
  if (shape[0] * height * width * channels * terms > kMaxMacs)
    return {};
  SmallVector<float> scales;
  Value kernel =
      weights({channels, window.height.kernel, window.width.kernel, shape[3] / groups}, 0, scales);
  Value offset = bias(channels, 3000 * std::sqrt(double(terms)));
  double scale = resultScale(scaleOf(input), scales, terms);
  SmallVector<int64_t> resultShape = {shape[0], height, width, channels};
  Value residual;
  if (contract == Contract::Fp32 && !floatResult && random.chance(0.5))
    for (Value other : made)
      if (shapeOf(other) == ArrayRef<int64_t>(resultShape))
        residual = other;
  auto type = RankedTensorType::get(resultShape, floatResult ? builder.getF32Type()
                                                             : Type(activationType(scale)));
  auto [low, high] = clamps(scale, channels);
  if (floatResult)
    low = high = nullptr;
  return Conv2DOp::create(builder, loc, type, input, kernel, offset, residual,
                          array({window.height.stride, window.width.stride}),
                          array({window.height.padLow, window.width.padLow, window.height.padHigh,
                                 window.width.padHigh}),
                          array({window.height.dilation, window.width.dilation}),
                          builder.getI64IntegerAttr(groups), low, high);
}

Value Generator::depthwise(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Window window = randomWindow(input, /*padBelowKernel=*/false, /*dilate=*/true);
  int64_t multiplier = random.chance(0.2) ? 2 : 1;
  int64_t channels = shape[3] * multiplier;
  int64_t terms = window.height.kernel * window.width.kernel;
  SmallVector<int64_t> resultShape = {shape[0], window.height.outputSize(shape[1]),
                                      window.width.outputSize(shape[2]), channels};
  if (elementsOf(resultShape) * terms > kMaxMacs)
    return {};
  SmallVector<float> scales;
  Value kernel = weights({window.height.kernel, window.width.kernel, channels}, 2, scales);
  Value offset = bias(channels, 3000 * std::sqrt(double(terms)));
  double scale = resultScale(scaleOf(input), scales, terms);
  auto [low, high] = clamps(scale, channels);
  return DepthwiseConv2DOp::create(
      builder, loc, RankedTensorType::get(resultShape, activationType(scale)), input, kernel,
      offset, array({window.height.stride, window.width.stride}),
      array(
          {window.height.padLow, window.width.padLow, window.height.padHigh, window.width.padHigh}),
      array({window.height.dilation, window.width.dilation}), low, high);
}

/// With an earlier tensor of the same shape, a row of it, or a constant.
Value Generator::binary(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Value other = input;
  for (Value candidate : made)
    if (shapeOf(candidate) == shape && random.chance(0.7))
      other = candidate;
  if (random.chance(0.2)) {
    SmallVector<int64_t> constantShape(shape.size(), 1);
    constantShape.back() = shape.back();
    SmallVector<int8_t> codes(shape.back());
    for (int8_t &code : codes)
      code = random.range(-127, 127);
    other = createCodeConstant(builder, loc, "c", constantShape,
                               activationType(scaleOf(input) * random.real(0.5, 2)), codes);
  }
  double a = scaleOf(input), b = scaleOf(other);
  auto [low, high] = clamps(a, shape.back());
  int64_t kind = random.range(0, 2);
  if (kind == 2) {
    auto type = RankedTensorType::get(shape, activationType(a * b * random.real(40, 130)));
    return MulOp::create(builder, loc, type, input, other, low, high);
  }
  if (a > 30 * b || b > 30 * a)
    return {};
  auto type = RankedTensorType::get(shape, activationType(std::max(a, b) * random.real(0.6, 2)));
  if (kind == 1)
    return SubOp::create(builder, loc, type, input, other, low, high);
  return AddOp::create(builder, loc, type, input, other, low, high);
}

Value Generator::averagePool(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Window window = randomWindow(input, /*padBelowKernel=*/true, /*dilate=*/false);
  SmallVector<int64_t> resultShape = {shape[0], window.height.outputSize(shape[1]),
                                      window.width.outputSize(shape[2]), shape[3]};
  auto type =
      RankedTensorType::get(resultShape, activationType(scaleOf(input) * random.real(0.4, 1.2)));
  return AvgPool2DOp::create(builder, loc, type, input,
                             array({window.height.kernel, window.width.kernel}),
                             array({window.height.stride, window.width.stride}),
                             array({window.height.padLow, window.width.padLow,
                                    window.height.padHigh, window.width.padHigh}),
                             random.chance(0.5) ? builder.getUnitAttr() : UnitAttr());
}

Value Generator::maxPool(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Window window = randomWindow(input, /*padBelowKernel=*/true, /*dilate=*/true);
  SmallVector<int64_t> resultShape = {shape[0], window.height.outputSize(shape[1]),
                                      window.width.outputSize(shape[2]), shape[3]};
  return MaxPool2DOp::create(builder, loc, like(input, resultShape), input,
                             array({window.height.kernel, window.width.kernel}),
                             array({window.height.stride, window.width.stride}),
                             array({window.height.padLow, window.width.padLow,
                                    window.height.padHigh, window.width.padHigh}),
                             array({window.height.dilation, window.width.dilation}));
}

Value Generator::mean(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  bool keep = random.chance(0.5);
  SmallVector<int64_t> axes = {1, 2};
  if (random.chance(0.3))
    axes = random.chance(0.5) ? SmallVector<int64_t>{3} : SmallVector<int64_t>{1};
  SmallVector<int64_t> resultShape;
  for (auto [index, dim] : llvm::enumerate(shape)) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(index)))
      resultShape.push_back(dim);
    else if (keep)
      resultShape.push_back(1);
  }
  auto type =
      RankedTensorType::get(resultShape, activationType(scaleOf(input) * random.real(0.1, 1)));
  return ReduceMeanOp::create(builder, loc, type, input, array(axes),
                              keep ? builder.getUnitAttr() : UnitAttr());
}

Value Generator::concat(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  int64_t axis = random.chance(0.7) ? shape.size() - 1 : random.range(0, shape.size() - 1);
  SmallVector<Value> operands = {input};
  SmallVector<int64_t> resultShape(shape);
  for (Value other : made) {
    SmallVector<int64_t> otherShape(shapeOf(other));
    if (otherShape.size() != shape.size() || operands.size() > 2)
      continue;
    int64_t size = otherShape[axis];
    otherShape[axis] = shape[axis];
    if (ArrayRef<int64_t>(otherShape) != shape || random.chance(0.3))
      continue;
    if (other.getType() != like(input, shapeOf(other)))
      other = RequantizeOp::create(builder, loc, like(input, shapeOf(other)), other);
    operands.push_back(other);
    resultShape[axis] += size;
  }
  if (elementsOf(resultShape) > kMaxElements)
    return {};
  return ConcatOp::create(builder, loc, like(input, resultShape), operands,
                          builder.getI64IntegerAttr(axis));
}

Value Generator::pad(Value input) {
  SmallVector<int64_t> low, high, resultShape;
  for (int64_t dim : shapeOf(input)) {
    low.push_back(random.chance(0.4) ? random.range(0, 2) : 0);
    high.push_back(random.chance(0.4) ? random.range(0, 2) : 0);
    resultShape.push_back(dim + low.back() + high.back());
  }
  if (elementsOf(resultShape) > kMaxElements)
    return {};
  float value = random.chance(0.5) ? 0.0f : float(scaleOf(input) * random.real(-150, 150));
  return PadOp::create(builder, loc, like(input, resultShape), input, array(low), array(high),
                       builder.getF32FloatAttr(value));
}

Value Generator::reshape(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  SmallVector<int64_t> resultShape = {shape[0], elementsOf(shape) / shape[0]};
  if (shape.size() == 4 && random.chance(0.5))
    resultShape = {shape[0], shape[2], shape[1], shape[3]};
  else if (shape.size() == 2)
    resultShape = {shape[0], 1, 1, shape[1]};
  return ReshapeOp::create(builder, loc, like(input, resultShape), input);
}

Value Generator::transpose(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  SmallVector<int64_t> permutation;
  for (size_t i = 0; i < shape.size(); ++i)
    permutation.insert(permutation.begin() + random.range(0, i), i);
  SmallVector<int64_t> resultShape;
  for (int64_t source : permutation)
    resultShape.push_back(shape[source]);
  return TransposeOp::create(builder, loc, like(input, resultShape), input, array(permutation));
}

Value Generator::slice(Value input) {
  SmallVector<int64_t> starts, steps, resultShape;
  for (int64_t dim : shapeOf(input)) {
    starts.push_back(random.chance(0.5) ? 0 : random.range(0, dim - 1));
    steps.push_back(random.chance(0.7) ? 1 : 2);
    int64_t most = (dim - starts.back() - 1) / steps.back() + 1;
    resultShape.push_back(random.chance(0.6) ? most : random.range(1, most));
  }
  return SliceOp::create(builder, loc, like(input, resultShape), input, array(starts),
                         array(steps));
}

Value Generator::resize(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  int64_t y = random.range(1, 3), x = random.range(1, 3);
  SmallVector<int64_t> resultShape = {shape[0], shape[1] * y, shape[2] * x, shape[3]};
  if (elementsOf(resultShape) > kMaxElements)
    return {};
  return ResizeNearestOp::create(builder, loc, like(input, resultShape), input, array({y, x}));
}

Value Generator::clamp(Value input) {
  auto [low, high] = clamps(scaleOf(input), shapeOf(input).back());
  if (!low && !high)
    return {};
  return ClampOp::create(builder, loc, input.getType(), input, low, high);
}

Value Generator::lookup(Value input) {
  SmallVector<int8_t> table(256);
  auto element = activationType(scaleOf(input));
  for (int8_t &code : table)
    code = random.range(element.getStorageTypeMin(), 127);
  Value constant = createCodeConstant(builder, loc, "t", {256}, builder.getI8Type(), table);
  return LookupOp::create(builder, loc, RankedTensorType::get(shapeOf(input), element), input,
                          constant);
}

Value Generator::requantize(Value input) {
  auto element = activationType(scaleOf(input) * random.real(0.4, 3));
  return RequantizeOp::create(builder, loc, RankedTensorType::get(shapeOf(input), element), input);
}

Value Generator::softmax(Value input) {
  auto element = getPerTensorType(builder.getContext(), 1.0f / 256, -128);
  return SoftmaxOp::create(builder, loc, RankedTensorType::get(shapeOf(input), element), input);
}

Value Generator::matmul(Value input, bool floatResult) {
  ArrayRef<int64_t> shape = shapeOf(input);
  int64_t channels = random.chance(0.2) ? random.range(40, 130) : random.range(1, 33);
  if (shape.size() != 2 || shape[0] * shape[1] * channels > kMaxMacs)
    return {};
  SmallVector<float> scales;
  Value kernel = weights({channels, shape[1]}, 0, scales);
  Value offset = bias(channels, 3000 * std::sqrt(double(shape[1])));
  double scale = resultScale(scaleOf(input), scales, shape[1]);
  SmallVector<int64_t> resultShape = {shape[0], channels};
  if (floatResult)
    return MatmulOp::create(builder, loc, RankedTensorType::get(resultShape, builder.getF32Type()),
                            input, kernel, offset, DenseF32ArrayAttr(), DenseF32ArrayAttr());
  auto [low, high] = clamps(scale, channels);
  return MatmulOp::create(builder, loc, RankedTensorType::get(resultShape, activationType(scale)),
                          input, kernel, offset, low, high);
}

//===----------------------------------------------------------------------===//
// The network
//===----------------------------------------------------------------------===//

/// One layer on `input`; null where the draw does not fit.
Value Generator::next(Value input) {
  using Layer = Value (Generator::*)(Value);
  static const Layer onImages[] = {
      &Generator::conv,        &Generator::conv,    &Generator::conv,   &Generator::conv,
      &Generator::depthwise,   &Generator::binary,  &Generator::binary, &Generator::depthwise,
      &Generator::averagePool, &Generator::maxPool, &Generator::mean,   &Generator::concat,
      &Generator::pad,         &Generator::reshape, &Generator::slice,  &Generator::transpose,
      &Generator::resize,      &Generator::clamp,   &Generator::lookup, &Generator::requantize};
  static const Layer onAnything[] = {
      &Generator::binary,    &Generator::concat,     &Generator::reshape,
      &Generator::transpose, &Generator::slice,      &Generator::clamp,
      &Generator::lookup,    &Generator::requantize, &Generator::softmax};
  size_t rank = shapeOf(input).size();
  if (rank == 4)
    return (this->*random.pick<Layer>(onImages))(input);
  if (rank == 2 && random.chance(0.4))
    return matmul(input, /*floatResult=*/false);
  return (this->*random.pick<Layer>(onAnything))(input);
}

/// A result of the network: codes, dequantized, or the floats of a last layer.
Value Generator::finish(Value value) {
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

SmallVector<Value> Generator::build(Value input) {
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

func::FuncOp qopt::test::addRandomNetwork(ModuleOp module, StringRef name, Contract contract,
                                          Random &random) {
  MLIRContext *context = module.getContext();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  SmallVector<int64_t> shape = {random.chance(0.8) ? 1 : 2, random.range(1, 14),
                                random.range(1, 14),
                                random.chance(0.2) ? random.range(16, 40) : random.range(1, 12)};
  if (random.chance(0.15))
    shape = {random.range(1, 3), random.range(1, 150)};
  Type element = builder.getF32Type();
  if (random.chance(0.2))
    element = getPerTensorType(context, 0.05f, static_cast<int32_t>(random.range(-128, 127)));
  Location loc = builder.getUnknownLoc();
  auto function = func::FuncOp::create(
      builder, loc, name,
      builder.getFunctionType({RankedTensorType::get(shape, element)}, TypeRange()));
  function->setAttr(kContractAttr, ContractAttr::get(context, contract));
  function.addEntryBlock();
  SmallVector<Value> results = Generator(function, contract, random).build(function.getArgument(0));
  OpBuilder inside = OpBuilder::atBlockEnd(&function.front());
  func::ReturnOp::create(inside, loc, results);
  function.setType(
      builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  return function;
}
