// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The walk over the function: placement of values, layouts, plain steps, taps.
#include "Lowering.h"

#include "qopt/ExecutionEngine/ConstantTensors.h"
#include "qopt/ExecutionEngine/EvaluationContext.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::onednn;
using dnnl::memory;

static constexpr auto kFloat = memory::data_type::f32;

//===----------------------------------------------------------------------===//
// Descriptors
//===----------------------------------------------------------------------===//

static Dims getLogicalDims(ArrayRef<int64_t> shape) {
  if (shape.size() == 4)
    return {shape[0], shape[3], shape[1], shape[2]};
  return shape.empty() ? Dims{1} : Dims(shape.begin(), shape.end());
}

Desc qopt::onednn::getPlainDesc(RankedTensorType type) {
  Dims dims = getLogicalDims(type.getShape());
  if (dims.size() == 4)
    return {dims, kFloat, memory::format_tag::nhwc};
  auto strides = numerics::rowMajorStrides(ArrayRef<int64_t>(dims));
  return {dims, kFloat, Dims(strides.begin(), strides.end())};
}

Desc qopt::onednn::getAnyDesc(RankedTensorType type) {
  return {getLogicalDims(type.getShape()), kFloat, memory::format_tag::any};
}

ClampBounds qopt::onednn::noClamp() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  return {{-kInfinity}, {kInfinity}};
}

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

BufferId Lowering::addActivation(size_t bytes) {
  Buffer &buffer = program.buffers.emplace_back();
  buffer.bytes = bytes;
  return program.buffers.size() - 1;
}

BufferId Lowering::addConstant(const Desc &desc, const void *elements, const Desc &wanted) {
  memory source(desc, program.engine, const_cast<void *>(elements));
  Buffer &buffer = program.buffers.emplace_back();
  buffer.kind = Buffer::Kind::Constant;
  buffer.bytes = wanted.get_size();
  buffer.constant = memory(wanted, program.engine);
  dnnl::stream stream(program.engine);
  dnnl::reorder(source, buffer.constant).execute(stream, source, buffer.constant);
  stream.wait();
  return program.buffers.size() - 1;
}

Placed Lowering::getPlaced(Value value) {
  auto constant = constants.find(value);
  if (constant == constants.end())
    return values.find(value)->second;
  auto found = values.find(value);
  if (found != values.end())
    return found->second;
  Desc desc = getPlainDesc(cast<RankedTensorType>(value.getType()));
  BufferId buffer = addConstant(desc, constant->second.reals().data(), desc);
  return values[value] = {buffer, desc};
}

BufferId Lowering::copyToLayout(const Placed &source, const Desc &desc) {
  BufferId buffer = addActivation(desc.get_size());
  dnnl::primitive_attr attributes = makeAttributes({});
  dnnl::reorder::primitive_desc reorder(program.engine, source.desc, program.engine, desc,
                                        attributes);
  addPrimitive(dnnl::reorder(reorder),
               {{DNNL_ARG_FROM, source.buffer, source.desc}, {DNNL_ARG_TO, buffer, desc}},
               reorder.scratchpad_desc());
  return buffer;
}

BufferId Lowering::inLayout(Value value, const Desc &desc) {
  if (desc == getPlainDesc(cast<RankedTensorType>(value.getType())))
    return inPlainLayout(value);
  Placed placed = getPlaced(value);
  return placed.desc == desc ? placed.buffer : copyToLayout(placed, desc);
}

BufferId Lowering::inPlainLayout(Value value) {
  Placed placed = getPlaced(value);
  Desc desc = getPlainDesc(cast<RankedTensorType>(value.getType()));
  if (placed.desc == desc)
    return placed.buffer;
  auto [found, isNew] = plainCopies.try_emplace(value, 0);
  if (isNew)
    found->second = copyToLayout(placed, desc);
  return found->second;
}

void Lowering::addPrimitive(dnnl::primitive primitive, std::vector<Argument> arguments,
                            const Desc &scratchpad) {
  Step &step = program.steps.emplace_back();
  step.primitive = std::move(primitive);
  step.scratchpad = scratchpad;
  for (const Argument &argument : arguments)
    step.touched.push_back(argument.buffer);
  step.arguments = std::move(arguments);
}

/// Several frames may run one primitive at a time, so each brings its own scratchpad.
dnnl::primitive_attr Lowering::makeAttributes(const PostOps &postOps) const {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  attributes.set_post_ops(postOps.ops);
  return attributes;
}

//===----------------------------------------------------------------------===//
// Plain loops
//===----------------------------------------------------------------------===//

namespace {

/// Operands and results of one op.
class OneOpContext final : public EvaluationContext {
public:
  const Tensor &get(Value value) const override { return values.find(value)->second; }
  void set(Value value, Tensor tensor) override { values[value] = std::move(tensor); }

private:
  llvm::DenseMap<Value, Tensor> values;
};

} // namespace

void Lowering::evaluatePlain(EvaluationOpInterface op) {
  Value result = op->getResult(0);
  Desc desc = getPlainDesc(cast<RankedTensorType>(result.getType()));
  SmallVector<BufferId> operands =
      llvm::map_to_vector(op->getOperands(), [&](Value operand) { return inPlainLayout(operand); });
  BufferId output = addActivation(desc.get_size());
  Step &step = program.steps.emplace_back();
  step.touched.assign(operands.begin(), operands.end());
  step.touched.push_back(output);
  step.plain = [op, operands, output](Frame &frame) mutable -> llvm::Error {
    OneOpContext context;
    for (auto [operand, buffer] : llvm::zip_equal(op->getOperands(), operands))
      context.set(operand, Tensor::borrowReals(cast<RankedTensorType>(operand.getType()).getShape(),
                                               frame.pointer(buffer)));
    if (llvm::Error error = op.evaluate(context))
      return error;
    llvm::copy(context.get(op->getResult(0)).reals(), frame.pointer(output));
    return llvm::Error::success();
  };
  values[result] = {output, desc};
}

/// Ops of constants alone (fake-quantized weights) are evaluated once.
llvm::Error Lowering::foldConstant(EvaluationOpInterface op) {
  OneOpContext context;
  for (Value operand : op->getOperands())
    context.set(operand, constants.find(operand)->second);
  if (llvm::Error error = op.evaluate(context))
    return error;
  constants[op->getResult(0)] = context.get(op->getResult(0));
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

/// Constants are not worth a tap.
bool Lowering::isTapped(Operation *op) const {
  if (isa<ConstantOp>(op))
    return false;
  return options.tapped ? options.tapped(op) : isa<ObserveOp>(op);
}

void Lowering::addTap(Operation *op) {
  BufferId buffer = inPlainLayout(op->getResult(0));
  Step &step = program.steps.emplace_back();
  step.tapped = op;
  step.touched.push_back(buffer);
}

llvm::Error Lowering::addConstant(ConstantOp op) {
  llvm::Expected<Tensor> tensor = loadConstant(op);
  if (!tensor)
    return tensor.takeError();
  constants[op.getOutput()] = std::move(*tensor);
  return llvm::Error::success();
}

/// All constants first: what can be fused must not depend on where a constant stands.
llvm::Error Lowering::loadConstants() {
  for (Operation &op : function.front().without_terminator()) {
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      if (llvm::Error error = addConstant(constant))
        return error;
      continue;
    }
    auto evaluation = dyn_cast<EvaluationOpInterface>(op);
    if (!evaluation || op.getNumResults() != 1)
      return llvm::createStringError("layer '" + getLayerName(&op) + "' (" +
                                     op.getName().getStringRef() +
                                     ") is not a float op that the engine knows");
    if (llvm::all_of(op.getOperands(), [&](Value v) { return constants.contains(v); }))
      if (llvm::Error error = foldConstant(evaluation))
        return error;
  }
  return llvm::Error::success();
}

llvm::Error Lowering::lower(Operation *op) {
  if (!constants.contains(op->getResult(0))) {
    if (getAbsorber(op))
      return llvm::Error::success();
    if (!emit(op, op->getResult(0), noClamp())) {
      if (llvm::any_of(op->getOperands(), [&](Value operand) {
            return !constants.contains(operand) && !values.contains(operand);
          }))
        return llvm::createStringError("oneDNN cannot run layer '" + getLayerName(op) + "'");
      evaluatePlain(cast<EvaluationOpInterface>(op));
    }
  }
  if (isTapped(op))
    addTap(op);
  return llvm::Error::success();
}

llvm::Error Lowering::run() {
  for (BlockArgument argument : function.getArguments()) {
    Buffer &buffer = program.buffers.emplace_back();
    buffer.kind = Buffer::Kind::Input;
    buffer.index = argument.getArgNumber();
    auto type = cast<RankedTensorType>(argument.getType());
    buffer.bytes = type.getNumElements() * sizeof(float);
    program.inputElements.push_back(type.getNumElements());
    values[argument] = {static_cast<BufferId>(program.buffers.size() - 1), getPlainDesc(type)};
  }
  if (llvm::Error error = loadConstants())
    return error;
  for (Operation &op : function.front().without_terminator())
    if (llvm::Error error = lower(&op))
      return error;
  for (Value result : function.front().getTerminator()->getOperands()) {
    program.results.push_back(inPlainLayout(result));
    program.resultElements.push_back(cast<RankedTensorType>(result.getType()).getNumElements());
  }
  program.assignSlots();
  return llvm::Error::success();
}
