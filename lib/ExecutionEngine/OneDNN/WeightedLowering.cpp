// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions and fully connected layers, with bias, clamp and addition fused.
#include "Lowering.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::onednn;
using dnnl::memory;

static constexpr auto kFloat = memory::data_type::f32;
static constexpr auto kInference = dnnl::prop_kind::forward_inference;

//===----------------------------------------------------------------------===//
// What differs between conv2d and depthwise_conv2d
//===----------------------------------------------------------------------===//

namespace {

struct ConvShape {
  Desc weights;    ///< as the constant stores them
  Dims weightDims; ///< as the primitive sees them
  Window window;
  Value input, weightValue, bias;
};

} // namespace

static ConvShape getConvShape(Conv2DOp op) {
  ArrayRef<int64_t> w = op.getWeights().getType().getShape(); // [OC, KH, KW, IC / groups]
  int64_t groups = op.getGroups(), taps = w[1] * w[2];
  Dims dims{groups, w[0] / groups, w[3], w[1], w[2]};
  Dims strides{w[0] / groups * taps * w[3], taps * w[3], 1, w[2] * w[3], w[3]};
  if (groups == 1) {
    dims.erase(dims.begin());
    strides.erase(strides.begin());
  }
  Window window = Window::get(w.slice(1, 2), op.getStrides(), op.getPads(), op.getDilations());
  return {Desc(dims, kFloat, strides), dims, window, op.getInput(), op.getWeights(), op.getBias()};
}

static ConvShape getConvShape(DepthwiseConv2DOp op) {
  ArrayRef<int64_t> w = op.getWeights().getType().getShape(); // [KH, KW, C * M]
  int64_t multiplier = op.getChannelMultiplier();
  Dims dims{w[2] / multiplier, multiplier, 1, w[0], w[1]};
  Dims strides{multiplier, 1, 1, w[1] * w[2], w[2]};
  Window window = Window::get(w.take_front(2), op.getStrides(), op.getPads(), op.getDilations());
  return {Desc(dims, kFloat, strides), dims, window, op.getInput(), op.getWeights(), op.getBias()};
}

static ConvShape getConvShape(Operation *op) {
  if (auto conv = dyn_cast<Conv2DOp>(op))
    return getConvShape(conv);
  return getConvShape(cast<DepthwiseConv2DOp>(op));
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

static Desc getBiasDesc(int64_t channels) { return {{channels}, kFloat, memory::format_tag::a}; }

static dnnl::convolution_forward::desc makeConvDesc(const ConvShape &shape, RankedTensorType result,
                                                    bool hasBias) {
  Desc source = getAnyDesc(cast<RankedTensorType>(shape.input.getType()));
  Desc weights(shape.weightDims, kFloat, memory::format_tag::any);
  const WindowDim &h = shape.window.height, &w = shape.window.width;
  Dims strides{h.stride, w.stride}, dilations{h.dilation - 1, w.dilation - 1};
  Dims before{h.padLow, w.padLow}, after{h.padHigh, w.padHigh};
  Desc destination = getAnyDesc(result);
  if (!hasBias)
    return {kInference,  dnnl::algorithm::convolution_direct,
            source,      weights,
            destination, strides,
            dilations,   before,
            after};
  return {kInference,
          dnnl::algorithm::convolution_direct,
          source,
          weights,
          getBiasDesc(result.getDimSize(3)),
          destination,
          strides,
          dilations,
          before,
          after};
}

namespace {

/// Weights and bias, with the batch normalization that may follow folded in:
/// y = (conv + b - mean)·f + offset, f = scale / √(variance + ε), in double.
class ConvParameters {
public:
  using GetElements = llvm::function_ref<const float *(Value)>;

  ConvParameters(const ConvShape &shape, bool channelsLast, BatchNormOp norm, GetElements get)
      : weights(get(shape.weightValue)), bias(shape.bias ? get(shape.bias) : nullptr) {
    if (!norm)
      return;
    auto type = cast<RankedTensorType>(shape.weightValue.getType());
    SmallVector<double> factors = getFactors(norm, get);
    foldWeights(type.getNumElements(), channelsLast, factors);
    foldBias(get(norm.getMean()), get(norm.getOffset()), factors);
  }

  const float *getWeights() const { return weights; }
  const float *getBias() const { return bias; }

private:
  static SmallVector<double> getFactors(BatchNormOp norm, GetElements get) {
    const float *scale = get(norm.getScale()), *variance = get(norm.getVariance());
    double epsilon = norm.getEpsilon().convertToFloat();
    SmallVector<double> factors;
    for (int64_t c = 0, e = norm.getScale().getType().getNumElements(); c < e; ++c)
      factors.push_back(scale[c] / std::sqrt(variance[c] + epsilon));
    return factors;
  }

  void foldWeights(int64_t size, bool channelsLast, ArrayRef<double> factors) {
    int64_t channels = factors.size(), inner = size / channels;
    for (int64_t i = 0; i < size; ++i)
      foldedWeights.push_back(
          static_cast<float>(weights[i] * factors[channelsLast ? i % channels : i / inner]));
    weights = foldedWeights.data();
  }

  void foldBias(const float *mean, const float *offset, ArrayRef<double> factors) {
    for (auto [c, factor] : llvm::enumerate(factors)) {
      double centred = (bias ? bias[c] : 0.0) - mean[c];
      foldedBias.push_back(static_cast<float>(centred * factor + offset[c]));
    }
    bias = foldedBias.data();
  }

  const float *weights, *bias;
  std::vector<float> foldedWeights, foldedBias;
};

} // namespace

/// Where the sum of `add` goes: over the other operand, or over a copy of it.
BufferId Lowering::placeSum(AddOp add, Operation *producer, Value input, const Desc &desc) {
  Value residual = producer->getResult(0) == add.getLhs() ? add.getRhs() : add.getLhs();
  Placed placed = getPlaced(residual);
  if (placed.desc == desc && mayOverwrite(residual, add, input))
    return placed.buffer;
  return copyToLayout(placed, desc);
}

bool Lowering::emitConv(Operation *producer, Value result, const ClampBounds &clamp, AddOp add) {
  auto norm = dyn_cast<BatchNormOp>(producer);
  Operation *op = norm ? norm.getInput().getDefiningOp() : producer;
  ConvShape shape = getConvShape(op);
  auto type = cast<RankedTensorType>(result.getType());
  if (!canEmitConv(op))
    return false;
  PostOps postOps;
  if (add)
    postOps.ops.append_sum(1.0f);
  appendClamp(postOps, clamp, type);
  bool hasBias = shape.bias || norm;
  dnnl::convolution_forward::primitive_desc conv(makeConvDesc(shape, type, hasBias),
                                                 makeAttributes(postOps), program.engine,
                                                 /*allow_empty=*/true);
  if (!conv)
    return false;

  ConvParameters parameters(shape, isa<DepthwiseConv2DOp>(op), norm,
                            [&](Value value) { return getElements(value); });
  BufferId source = inLayout(shape.input, conv.src_desc());
  BufferId destination = add ? placeSum(add, producer, shape.input, conv.dst_desc())
                             : addActivation(conv.dst_desc().get_size());
  std::vector<Argument> arguments = std::move(postOps.arguments);
  arguments.push_back({DNNL_ARG_SRC, source, conv.src_desc()});
  arguments.push_back({DNNL_ARG_WEIGHTS,
                       addConstant(shape.weights, parameters.getWeights(), conv.weights_desc()),
                       conv.weights_desc()});
  arguments.push_back({DNNL_ARG_DST, destination, conv.dst_desc()});
  if (hasBias) {
    Desc desc = getBiasDesc(type.getDimSize(3));
    arguments.push_back({DNNL_ARG_BIAS, addConstant(desc, parameters.getBias(), desc), desc});
  }
  addPrimitive(dnnl::convolution_forward(conv), std::move(arguments), conv.scratchpad_desc());
  values[result] = {destination, conv.dst_desc()};
  return true;
}

//===----------------------------------------------------------------------===//
// Addition
//===----------------------------------------------------------------------===//

bool Lowering::emitAdd(AddOp op, Value result, const ClampBounds &clamp) {
  if (!canEmitAdd(op))
    return false;
  if (Operation *producer = getProducerFusedInto(op))
    return emitConv(producer, result, clamp, op);
  PostOps postOps;
  appendClamp(postOps, clamp, op.getOutput().getType());
  Placed lhs = getPlaced(op.getLhs());
  BufferId rhs = inLayout(op.getRhs(), lhs.desc);
  dnnl::binary::desc desc(dnnl::algorithm::binary_add, lhs.desc, lhs.desc, lhs.desc);
  dnnl::binary::primitive_desc binary(desc, makeAttributes(postOps), program.engine);
  BufferId buffer = addActivation(lhs.desc.get_size());
  std::vector<Argument> arguments = std::move(postOps.arguments);
  arguments.push_back({DNNL_ARG_SRC_0, lhs.buffer, lhs.desc});
  arguments.push_back({DNNL_ARG_SRC_1, rhs, lhs.desc});
  arguments.push_back({DNNL_ARG_DST, buffer, lhs.desc});
  addPrimitive(dnnl::binary(binary), std::move(arguments), binary.scratchpad_desc());
  values[result] = {buffer, lhs.desc};
  return true;
}

//===----------------------------------------------------------------------===//
// Fully connected
//===----------------------------------------------------------------------===//

bool Lowering::emitMatmul(MatmulOp op, Value result, const ClampBounds &clamp) {
  if (!canEmitMatmul(op))
    return false;
  PostOps postOps;
  appendClamp(postOps, clamp, op.getOutput().getType());
  Desc source = getPlainDesc(op.getInput().getType());
  Desc destination = getPlainDesc(op.getOutput().getType());
  Desc stored = getPlainDesc(op.getWeights().getType());
  Desc weights = getAnyDesc(op.getWeights().getType());
  Desc biasDesc = getBiasDesc(op.getOutput().getType().getDimSize(1));
  using InnerProduct = dnnl::inner_product_forward;
  InnerProduct::desc desc =
      op.getBias() ? InnerProduct::desc(kInference, source, weights, biasDesc, destination)
                   : InnerProduct::desc(kInference, source, weights, destination);
  InnerProduct::primitive_desc primitive(desc, makeAttributes(postOps), program.engine);
  BufferId buffer = addActivation(destination.get_size());
  std::vector<Argument> arguments = std::move(postOps.arguments);
  arguments.push_back({DNNL_ARG_SRC, inPlainLayout(op.getInput()), source});
  arguments.push_back({DNNL_ARG_WEIGHTS,
                       addConstant(stored, getElements(op.getWeights()), primitive.weights_desc()),
                       primitive.weights_desc()});
  arguments.push_back({DNNL_ARG_DST, buffer, destination});
  if (op.getBias())
    arguments.push_back(
        {DNNL_ARG_BIAS, addConstant(biasDesc, getElements(op.getBias()), biasDesc), biasDesc});
  addPrimitive(InnerProduct(primitive), std::move(arguments), primitive.scratchpad_desc());
  values[result] = {buffer, destination};
  return true;
}
