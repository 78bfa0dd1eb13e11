// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LayerGenerator.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Value LayerGenerator::weights(ArrayRef<int64_t> shape, int64_t axis, SmallVector<float> &scales) {
  int64_t least = random.chance(0.2) ? -128 : -127;
  SmallVector<int8_t> codes(elementsOf(shape));
  for (int8_t &code : codes)
    code = random.range(least, 127);
  codes[random.range(0, codes.size() - 1)] = least;
  float scale = static_cast<float>(random.real(0.002, 0.02));
  quant::QuantizedType type;
  if (random.chance(0.7)) {
    for (int64_t c = 0; c < shape[axis]; ++c)
      scales.push_back(scale * static_cast<float>(random.real(0.5, 1.5)));
    type = getPerAxisType(builder.getContext(), scales, axis, least);
  } else {
    scales.push_back(scale);
    int64_t zero = random.chance(0.1) ? random.range(least, 127) : 0;
    type = getPerTensorType(builder.getContext(), scale, zero, least, 127);
  }
  return createCodeConstant(builder, loc, "w", shape, type, codes);
}

int64_t LayerGenerator::channelCount(int64_t few, int64_t many) {
  // What fills vectors, of one pixel or of several, has depthwise kernels of its own.
  if (random.chance(0.1))
    return random.pick<int64_t>({32, 64, 128, 160, 256});
  if (random.chance(0.3))
    return nearTile(tiles.channels, 2 * many, random);
  return random.chance(0.2) ? random.range(few + 1, many) : random.range(1, few);
}

Value LayerGenerator::bias(int64_t channels, double magnitude) {
  if (random.chance(0.2))
    return {};
  SmallVector<int32_t> values;
  for (int64_t c = 0; c < channels; ++c)
    values.push_back(static_cast<int32_t>(random.real(-magnitude, magnitude)));
  return createInt32Constant(builder, loc, "b", {channels}, values);
}

std::pair<DenseF32ArrayAttr, DenseF32ArrayAttr> LayerGenerator::clamps(double scale,
                                                                       int64_t channels) {
  auto bounds = [&](double least, double most) {
    SmallVector<float> values(random.chance(0.5) ? 1 : channels);
    for (float &value : values)
      value = static_cast<float>(scale * random.real(least, most));
    return builder.getDenseF32ArrayAttr(values);
  };
  DenseF32ArrayAttr low, high;
  if (random.chance(0.3))
    low = builder.getDenseF32ArrayAttr({0.0f});
  else if (random.chance(0.3))
    low = bounds(-100, 1);
  if (random.chance(0.3))
    high = bounds(1, 100);
  return {low, high};
}

Window LayerGenerator::randomWindow(Value input, bool padBelowKernel, bool dilate) {
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

Value LayerGenerator::conv(Value input, bool floatResult) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Window window = randomWindow(input, /*padBelowKernel=*/false, /*dilate=*/true);
  int64_t height = window.height.outputSize(shape[1]), width = window.width.outputSize(shape[2]);
  int64_t groups = shape[3] % 2 == 0 && random.chance(0.15) ? 2 : 1;
  int64_t channels = channelCount(20, 70);
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

Value LayerGenerator::depthwise(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  Window window = randomWindow(input, /*padBelowKernel=*/false, /*dilate=*/true);
  bool fillsVectors = shape[3] % 32 == 0;
  if (fillsVectors && shape[1] > 2 && shape[2] > 2 && random.chance(0.7))
    for (WindowDim *dim : {&window.height, &window.width}) {
      dim->kernel = 3, dim->stride = dim->dilation = 1;
      dim->padLow = std::min<int64_t>(dim->padLow, 2);
      dim->padHigh = std::min<int64_t>(dim->padHigh, 2);
    }
  int64_t multiplier = !fillsVectors && random.chance(0.2) ? 2 : 1;
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
Value LayerGenerator::binary(Value input) {
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

Value LayerGenerator::averagePool(Value input) {
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

Value LayerGenerator::maxPool(Value input) {
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

Value LayerGenerator::mean(Value input) {
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

Value LayerGenerator::concat(Value input) {
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

Value LayerGenerator::pad(Value input) {
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

Value LayerGenerator::reshape(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  SmallVector<int64_t> resultShape = {shape[0], elementsOf(shape) / shape[0]};
  if (shape.size() == 4 && random.chance(0.5))
    resultShape = {shape[0], shape[2], shape[1], shape[3]};
  else if (shape.size() == 2)
    resultShape = {shape[0], 1, 1, shape[1]};
  return ReshapeOp::create(builder, loc, like(input, resultShape), input);
}

Value LayerGenerator::transpose(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  SmallVector<int64_t> permutation;
  for (size_t i = 0; i < shape.size(); ++i)
    permutation.insert(permutation.begin() + random.range(0, i), i);
  SmallVector<int64_t> resultShape;
  for (int64_t source : permutation)
    resultShape.push_back(shape[source]);
  return TransposeOp::create(builder, loc, like(input, resultShape), input, array(permutation));
}

Value LayerGenerator::slice(Value input) {
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

Value LayerGenerator::resize(Value input) {
  ArrayRef<int64_t> shape = shapeOf(input);
  int64_t y = random.range(1, 3), x = random.range(1, 3);
  SmallVector<int64_t> resultShape = {shape[0], shape[1] * y, shape[2] * x, shape[3]};
  if (elementsOf(resultShape) > kMaxElements)
    return {};
  return ResizeNearestOp::create(builder, loc, like(input, resultShape), input, array({y, x}));
}

Value LayerGenerator::clamp(Value input) {
  auto [low, high] = clamps(scaleOf(input), shapeOf(input).back());
  if (!low && !high)
    return {};
  return ClampOp::create(builder, loc, input.getType(), input, low, high);
}

Value LayerGenerator::lookup(Value input) {
  SmallVector<int8_t> table(256);
  auto element = activationType(scaleOf(input));
  for (int8_t &code : table)
    code = random.range(element.getStorageTypeMin(), 127);
  Value constant = createCodeConstant(builder, loc, "t", {256}, builder.getI8Type(), table);
  return LookupOp::create(builder, loc, RankedTensorType::get(shapeOf(input), element), input,
                          constant);
}

Value LayerGenerator::requantize(Value input) {
  auto element = activationType(scaleOf(input) * random.real(0.4, 3));
  return RequantizeOp::create(builder, loc, RankedTensorType::get(shapeOf(input), element), input);
}

Value LayerGenerator::softmax(Value input) {
  auto element = getPerTensorType(builder.getContext(), 1.0f / 256, -128);
  return SoftmaxOp::create(builder, loc, RankedTensorType::get(shapeOf(input), element), input);
}

Value LayerGenerator::matmul(Value input, bool floatResult) {
  ArrayRef<int64_t> shape = shapeOf(input);
  int64_t channels = channelCount(33, 130);
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
