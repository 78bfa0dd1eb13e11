// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pools, means and element-wise functions, and which op is lowered by what.
#include "Lowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::onednn;

static constexpr auto kInference = dnnl::prop_kind::forward_inference;

//===----------------------------------------------------------------------===//
// Clamps
//===----------------------------------------------------------------------===//

static constexpr float kGreatest = std::numeric_limits<float>::max();

/// One bound per channel of `type`, for an operation that broadcasts it over everything else.
Argument Lowering::placeBounds(int role, ArrayRef<float> bounds, RankedTensorType type) {
  size_t rank = type.getRank(), axis = rank == 4 ? 1 : rank - 1;
  auto channels = static_cast<int64_t>(bounds.size());
  Dims dims(rank, 1), strides(rank, 1);
  dims[axis] = channels;
  std::fill_n(strides.begin(), axis, channels);
  Desc desc(dims, dnnl::memory::data_type::f32, strides);
  SmallVector<float> finite = llvm::map_to_vector(
      bounds, [](float bound) { return std::clamp(bound, -kGreatest, kGreatest); });
  return {role, addConstant(desc, finite.data(), desc), desc};
}

/// `algorithm` is binary_max or binary_min.
void Lowering::appendBounds(PostOps &postOps, dnnl::algorithm algorithm, ArrayRef<float> bounds,
                            RankedTensorType type) {
  int role = DNNL_ARG_ATTR_MULTIPLE_POST_OP(postOps.ops.len()) | DNNL_ARG_SRC_1;
  postOps.arguments.push_back(placeBounds(role, bounds, type));
  postOps.ops.append_binary(algorithm, postOps.arguments.back().desc);
}

/// What is the same for all channels is one element-wise function.
void Lowering::appendClamp(PostOps &postOps, const ClampBounds &clamp, RankedTensorType type) {
  bool oneMin = clamp.min.size() == 1, oneMax = clamp.max.size() == 1;
  float low = oneMin ? std::max(clamp.min[0], -kGreatest) : -kGreatest;
  float high = oneMax ? std::min(clamp.max[0], kGreatest) : kGreatest;
  if (!oneMin)
    appendBounds(postOps, dnnl::algorithm::binary_max, clamp.min, type);
  if (low == 0.0f && high == kGreatest)
    postOps.ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  else if (low != -kGreatest || high != kGreatest)
    postOps.ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_clip, low, high);
  if (!oneMax)
    appendBounds(postOps, dnnl::algorithm::binary_min, clamp.max, type);
}

//===----------------------------------------------------------------------===//
// Element-wise
//===----------------------------------------------------------------------===//

bool Lowering::emitEltwise(Operation *op, dnnl::algorithm algorithm, float alpha, float beta) {
  Placed input = getPlaced(op->getOperand(0));
  dnnl::eltwise_forward::desc desc(kInference, algorithm, input.desc, alpha, beta);
  dnnl::eltwise_forward::primitive_desc eltwise(desc, makeAttributes({}), program.engine);
  BufferId result = addActivation(input.desc.get_size());
  addPrimitive(dnnl::eltwise_forward(eltwise),
               {{DNNL_ARG_SRC, input.buffer, input.desc}, {DNNL_ARG_DST, result, input.desc}},
               eltwise.scratchpad_desc());
  values[op->getResult(0)] = {result, input.desc};
  return true;
}

/// The greater one of value and lower bound, and what follows as after any primitive.
bool Lowering::emitChannelClamp(ClampOp op, const ClampBounds &clamp) {
  RankedTensorType type = op.getOutput().getType();
  Placed input = getPlaced(op.getInput());
  SmallVector<float> low;
  for (int64_t channel = 0, end = type.getShape().back(); channel < end; ++channel)
    low.push_back(clamp.low(channel));
  Argument bounds = placeBounds(DNNL_ARG_SRC_1, low, type);
  PostOps postOps;
  appendClamp(postOps, {noClamp().min, clamp.max}, type);
  dnnl::binary::desc desc(dnnl::algorithm::binary_max, input.desc, bounds.desc, input.desc);
  dnnl::binary::primitive_desc binary(desc, makeAttributes(postOps), program.engine);
  BufferId result = addActivation(input.desc.get_size());
  std::vector<Argument> arguments = std::move(postOps.arguments);
  arguments.push_back({DNNL_ARG_SRC_0, input.buffer, input.desc});
  arguments.push_back(std::move(bounds));
  arguments.push_back({DNNL_ARG_DST, result, input.desc});
  addPrimitive(dnnl::binary(binary), std::move(arguments), binary.scratchpad_desc());
  values[op.getOutput()] = {result, input.desc};
  return true;
}

bool Lowering::emitClamp(ClampOp op, Value result, const ClampBounds &clamp) {
  ClampBounds both = getClampBounds(op).followedBy(clamp);
  Operation *producer = op.getInput().getDefiningOp();
  if (producer && getAbsorber(producer) == op)
    return emit(producer, result, both);
  if (both.min.size() == 1 && both.max.size() == 1)
    return emitEltwise(op, dnnl::algorithm::eltwise_clip, std::max(both.min[0], -kGreatest),
                       std::min(both.max[0], kGreatest));
  return emitChannelClamp(op, both);
}

namespace {
struct EltwiseRow {
  UnaryKind kind;
  dnnl::algorithm algorithm;
};
} // namespace

/// Functions that both sides define alike, parameters included.
static constexpr EltwiseRow kEltwise[] = {
    {UnaryKind::Sigmoid, dnnl::algorithm::eltwise_logistic},
    {UnaryKind::Tanh, dnnl::algorithm::eltwise_tanh},
    {UnaryKind::LeakyRelu, dnnl::algorithm::eltwise_relu},
    {UnaryKind::Elu, dnnl::algorithm::eltwise_elu},
    {UnaryKind::Gelu, dnnl::algorithm::eltwise_gelu_erf},
    {UnaryKind::HardSwish, dnnl::algorithm::eltwise_hardswish},
};

bool Lowering::emitUnary(UnaryOp op) {
  for (const EltwiseRow &row : kEltwise)
    if (row.kind == op.getKind())
      return emitEltwise(op, row.algorithm, op.getAlpha().convertToFloat(), 0.0f);
  return false;
}

//===----------------------------------------------------------------------===//
// Pools
//===----------------------------------------------------------------------===//

bool Lowering::emitPool(Operation *op, dnnl::algorithm algorithm, const Window &window) {
  const WindowDim &h = window.height, &w = window.width;
  Placed input = getPlaced(op->getOperand(0));
  Desc result = getAnyDesc(cast<RankedTensorType>(op->getResult(0).getType()));
  dnnl::pooling_v2_forward::desc desc(
      kInference, algorithm, input.desc, result, Dims{h.stride, w.stride}, Dims{h.kernel, w.kernel},
      Dims{h.dilation - 1, w.dilation - 1}, Dims{h.padLow, w.padLow}, Dims{h.padHigh, w.padHigh});
  dnnl::pooling_v2_forward::primitive_desc pool(desc, makeAttributes({}), program.engine,
                                                /*allow_empty=*/true);
  if (!pool)
    return false;
  BufferId buffer = addActivation(pool.dst_desc().get_size());
  addPrimitive(dnnl::pooling_v2_forward(pool),
               {{DNNL_ARG_SRC, input.buffer, input.desc}, {DNNL_ARG_DST, buffer, pool.dst_desc()}},
               pool.scratchpad_desc());
  values[op->getResult(0)] = {buffer, pool.dst_desc()};
  return true;
}

/// A mean over height and width is a pool whose window is the image.
bool Lowering::emitMean(ReduceMeanOp op) {
  ArrayRef<int64_t> shape = op.getInput().getType().getShape();
  if (shape.size() != 4 || op.getAxes() != ArrayRef<int64_t>{1, 2})
    return false;
  Placed input = getPlaced(op.getInput());
  Dims dims{shape[0], shape[3], 1, 1}, kernel{shape[1], shape[2]}, none{0, 0};
  Desc result(dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::nhwc);
  dnnl::pooling_forward::desc desc(kInference, dnnl::algorithm::pooling_avg_exclude_padding,
                                   input.desc, result, kernel, kernel, none, none);
  dnnl::pooling_forward::primitive_desc pool(desc, makeAttributes({}), program.engine,
                                             /*allow_empty=*/true);
  if (!pool)
    return false;
  BufferId buffer = addActivation(result.get_size());
  addPrimitive(dnnl::pooling_forward(pool),
               {{DNNL_ARG_SRC, input.buffer, input.desc}, {DNNL_ARG_DST, buffer, result}},
               pool.scratchpad_desc());
  values[op.getOutput()] = {buffer, getPlainDesc(op.getOutput().getType())};
  return true;
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

bool Lowering::emitReshape(ReshapeOp op) {
  BufferId buffer = inPlainLayout(op.getInput());
  values[op.getOutput()] = {buffer, getPlainDesc(op.getOutput().getType())};
  return true;
}

bool Lowering::emit(Operation *operation, Value result, const ClampBounds &clamp) {
  auto clampOf = [&](auto op) { return getClampBounds(op).followedBy(clamp); };
  return llvm::TypeSwitch<Operation *, bool>(operation)
      .Case<Conv2DOp, DepthwiseConv2DOp>([&](auto op) { return emitConv(op, result, clampOf(op)); })
      .Case([&](BatchNormOp op) { return isConvProducer(op) && emitConv(op, result, clamp); })
      .Case([&](MatmulOp op) { return emitMatmul(op, result, clampOf(op)); })
      .Case([&](AddOp op) { return emitAdd(op, result, clampOf(op)); })
      .Case([&](ClampOp op) { return emitClamp(op, result, clamp); })
      .Case([&](UnaryOp op) { return emitUnary(op); })
      .Case([&](ReduceMeanOp op) { return emitMean(op); })
      .Case([&](AvgPool2DOp op) {
        auto algorithm = op.getCountIncludePad() ? dnnl::algorithm::pooling_avg_include_padding
                                                 : dnnl::algorithm::pooling_avg_exclude_padding;
        return emitPool(op, algorithm,
                        Window::get(op.getKernel(), op.getStrides(), op.getPads(), {1, 1}));
      })
      .Case([&](MaxPool2DOp op) {
        Window window =
            Window::get(op.getKernel(), op.getStrides(), op.getPads(), op.getDilations());
        return emitPool(op, dnnl::algorithm::pooling_max, window);
      })
      .Case([&](ReshapeOp op) { return emitReshape(op); })
      .Case([&](ObserveOp op) {
        values[op.getOutput()] = getPlaced(op.getInput());
        return true;
      })
      .Default([](Operation *) { return false; });
}
