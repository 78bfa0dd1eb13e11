// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Convolutions and fully connected layers, with bias, clamp and addition fused.
#include "Lowering.h"

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

static dnnl::convolution_forward::desc makeConvDesc(const ConvShape &shape,
                                                    RankedTensorType result) {
  Desc source = getAnyDesc(cast<RankedTensorType>(shape.input.getType()));
  Desc weights(shape.weightDims, kFloat, memory::format_tag::any);
  const WindowDim &h = shape.window.height, &w = shape.window.width;
  Dims strides{h.stride, w.stride}, dilations{h.dilation - 1, w.dilation - 1};
  Dims before{h.padLow, w.padLow}, after{h.padHigh, w.padHigh};
  Desc destination = getAnyDesc(result);
  if (!shape.bias)
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

bool Lowering::lowerConv(Operation *op) {
  auto conv = dyn_cast<Conv2DOp>(op);
  bool hasResidual = conv && conv.getResidual();
  ConvShape shape = getConvShape(op);
  if (hasResidual || !constants.contains(shape.weightValue) ||
      (shape.bias && !constants.contains(shape.bias)))
    return false;
  // Emitted with the addition that it is fused into.
  if (op->hasOneUse())
    if (auto add = dyn_cast<AddOp>(*op->user_begin()))
      if (getConvFusedInto(add) == op)
        return true;
  return emitConv(op, op->getResult(0), getClampBounds(cast<ClampedOpInterface>(op)), {});
}

bool Lowering::emitConv(Operation *op, Value result, const ClampBounds &clamp, Value residual) {
  ConvShape shape = getConvShape(op);
  auto type = cast<RankedTensorType>(result.getType());
  dnnl::post_ops postOps;
  if (residual)
    postOps.append_sum(1.0f);
  if (!appendClamp(postOps, clamp))
    return false;
  dnnl::convolution_forward::primitive_desc conv(makeConvDesc(shape, type), makeAttributes(postOps),
                                                 program.engine, /*allow_empty=*/true);
  if (!conv)
    return false;

  BufferId source = inLayout(shape.input, conv.src_desc());
  BufferId weights = addConstant(
      shape.weights, constants.find(shape.weightValue)->second.reals().data(), conv.weights_desc());
  BufferId destination;
  if (!residual)
    destination = addActivation(conv.dst_desc().get_size());
  else if (Placed placed = getPlaced(residual);
           placed.desc == conv.dst_desc() &&
           mayOverwrite(residual, cast<AddOp>(result.getDefiningOp()), op))
    destination = placed.buffer;
  else
    destination = copyToLayout(placed, conv.dst_desc());

  std::vector<Argument> arguments{{DNNL_ARG_SRC, source, conv.src_desc()},
                                  {DNNL_ARG_WEIGHTS, weights, conv.weights_desc()},
                                  {DNNL_ARG_DST, destination, conv.dst_desc()}};
  if (shape.bias) {
    Desc desc = getBiasDesc(type.getDimSize(3));
    const float *bias = constants.find(shape.bias)->second.reals().data();
    arguments.push_back({DNNL_ARG_BIAS, addConstant(desc, bias, desc), desc});
  }
  addPrimitive(dnnl::convolution_forward(conv), std::move(arguments), conv.scratchpad_desc());
  values[result] = {destination, conv.dst_desc()};
  return true;
}

//===----------------------------------------------------------------------===//
// Convolution and addition
//===----------------------------------------------------------------------===//

/// The convolution whose result only `add` reads and that may therefore write the sum: the later
/// one of the operands, so that the other one exists by then. Null where there is none.
Operation *Lowering::getConvFusedInto(AddOp add) {
  Type type = add.getOutput().getType();
  if (add.getLhs() == add.getRhs() || add.getLhs().getType() != type ||
      add.getRhs().getType() != type)
    return nullptr;
  auto isCandidate = [&](Value operand, Value other) {
    Operation *op = operand.getDefiningOp();
    if (!isa_and_nonnull<Conv2DOp, DepthwiseConv2DOp>(op) || !operand.hasOneUse() || isTapped(op))
      return false;
    auto conv = dyn_cast<Conv2DOp>(op);
    return !(conv && conv.getResidual()) &&
           getClampBounds(cast<ClampedOpInterface>(op)).isIdentity() && !constants.contains(other);
  };
  bool left = isCandidate(add.getLhs(), add.getRhs());
  bool right = isCandidate(add.getRhs(), add.getLhs());
  ClampBounds clamp = getClampBounds(add);
  if ((!left && !right) || clamp.min.size() != 1 || clamp.max.size() != 1)
    return nullptr;
  Operation *lhs = add.getLhs().getDefiningOp(), *rhs = add.getRhs().getDefiningOp();
  if (left && right)
    return lhs->isBeforeInBlock(rhs) ? rhs : lhs;
  return left ? lhs : rhs;
}

/// Where `user` is emitted: a fused convolution comes with its addition.
Operation *Lowering::getEffectiveUser(Operation *user) {
  if (isa<Conv2DOp, DepthwiseConv2DOp>(user) && user->hasOneUse())
    if (auto add = dyn_cast<AddOp>(*user->user_begin()))
      if (getConvFusedInto(add) == user)
        return add;
  return user;
}

/// True where nobody needs `residual` once `add` is computed, nor its buffer under another name.
bool Lowering::mayOverwrite(Value residual, AddOp add, Operation *conv) {
  Operation *producer = residual.getDefiningOp();
  if (!producer || isa<ObserveOp, ReshapeOp>(producer) || conv->getOperand(0) == residual)
    return false;
  return llvm::all_of(residual.getUsers(), [&](Operation *user) {
    Operation *effective = getEffectiveUser(user);
    return !isa<ObserveOp, ReshapeOp>(user) &&
           (effective == add || effective->isBeforeInBlock(add));
  });
}

bool Lowering::lowerAdd(AddOp op) {
  Type type = op.getOutput().getType();
  if (Operation *conv = getConvFusedInto(op)) {
    Value residual = conv->getResult(0) == op.getLhs() ? op.getRhs() : op.getLhs();
    return emitConv(conv, op.getOutput(), getClampBounds(op), residual);
  }
  dnnl::post_ops postOps;
  if (op.getLhs().getType() != type || op.getRhs().getType() != type ||
      !appendClamp(postOps, getClampBounds(op)))
    return false;
  Placed lhs = getPlaced(op.getLhs());
  BufferId rhs = inLayout(op.getRhs(), lhs.desc);
  dnnl::binary::desc desc(dnnl::algorithm::binary_add, lhs.desc, lhs.desc, lhs.desc);
  dnnl::binary::primitive_desc binary(desc, makeAttributes(postOps), program.engine,
                                      /*allow_empty=*/true);
  if (!binary)
    return false;
  BufferId result = addActivation(lhs.desc.get_size());
  addPrimitive(dnnl::binary(binary),
               {{DNNL_ARG_SRC_0, lhs.buffer, lhs.desc},
                {DNNL_ARG_SRC_1, rhs, lhs.desc},
                {DNNL_ARG_DST, result, lhs.desc}},
               binary.scratchpad_desc());
  values[op.getOutput()] = {result, lhs.desc};
  return true;
}

//===----------------------------------------------------------------------===//
// Fully connected
//===----------------------------------------------------------------------===//

bool Lowering::lowerMatmul(MatmulOp op) {
  dnnl::post_ops postOps;
  if (!constants.contains(op.getWeights()) || (op.getBias() && !constants.contains(op.getBias())) ||
      !appendClamp(postOps, getClampBounds(op)))
    return false;
  Desc source = getPlainDesc(op.getInput().getType());
  Desc destination = getPlainDesc(op.getOutput().getType());
  Desc stored = getPlainDesc(op.getWeights().getType());
  Desc weights = getAnyDesc(op.getWeights().getType());
  Desc biasDesc = getBiasDesc(op.getOutput().getType().getDimSize(1));
  using InnerProduct = dnnl::inner_product_forward;
  InnerProduct::desc desc =
      op.getBias() ? InnerProduct::desc(kInference, source, weights, biasDesc, destination)
                   : InnerProduct::desc(kInference, source, weights, destination);
  InnerProduct::primitive_desc primitive(desc, makeAttributes(postOps), program.engine,
                                         /*allow_empty=*/true);
  if (!primitive)
    return false;
  const float *elements = constants.find(op.getWeights())->second.reals().data();
  BufferId result = addActivation(destination.get_size());
  std::vector<Argument> arguments{{DNNL_ARG_SRC, inPlainLayout(op.getInput()), source},
                                  {DNNL_ARG_WEIGHTS,
                                   addConstant(stored, elements, primitive.weights_desc()),
                                   primitive.weights_desc()},
                                  {DNNL_ARG_DST, result, destination}};
  if (op.getBias()) {
    const float *bias = constants.find(op.getBias())->second.reals().data();
    arguments.push_back({DNNL_ARG_BIAS, addConstant(biasDesc, bias, biasDesc), biasDesc});
  }
  addPrimitive(InnerProduct(primitive), std::move(arguments), primitive.scratchpad_desc());
  values[op.getOutput()] = {result, destination};
  return true;
}
