// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A step is a private function `(context, task)`: it finds its pointers in the context, takes the
// task's share of the units and calls the kernel.
#include "ProgramEmitter.h"

#include "LayoutKernels.h"

#include "qopt/Codegen/Emitter.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;

Type qopt::codegen::getContextType(MLIRContext *context) {
  Type pointer = LLVM::LLVMPointerType::get(context);
  return LLVM::LLVMStructType::getLiteral(
      context, {pointer, pointer, pointer, IntegerType::get(context, 32)});
}

/// A step function under construction.
struct ProgramEmitter::StepBuilder {
  func::FuncOp function;
  OpBuilder builder;
  Location loc;
  Operation *layer;
  int64_t maxTasks;
  int64_t constantBytes = 0;
  bool isCopy = false;
  Value fields[4] = {};        ///< of the context, loaded once
  Value task = {}, tasks = {}; ///< as index; null where one task does all

  Emitter emit() { return Emitter(builder, loc); }

  Value field(ContextField which) {
    Value &value = fields[which];
    if (value)
      return value;
    Type structType = getContextType(builder.getContext());
    Value context = function.getArgument(0);
    Value address = LLVM::GEPOp::create(builder, loc, context.getType(), structType, context,
                                        ArrayRef<LLVM::GEPArg>{0, which});
    Type type = cast<LLVM::LLVMStructType>(structType).getBody()[which];
    return value = LLVM::LoadOp::create(builder, loc, type, address);
  }

  /// [begin, end) of `units` for this task: equal shares up to one.
  std::pair<Value, Value> share(int64_t units) {
    Emitter emitter = emit();
    if (maxTasks == 1)
      return {emitter.index(0), emitter.index(units)};
    if (!task) {
      Value limit = emitter.integer(emitter.intType(32), maxTasks);
      Value asked = arith::MinUIOp::create(builder, loc, field(kContextTasks), limit);
      tasks = arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), asked);
      task = arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(),
                                          function.getArgument(1));
    }
    auto bound = [&](Value index) -> Value {
      return arith::DivUIOp::create(builder, loc, emitter.mul(index, units), tasks);
    };
    return {bound(task), bound(emitter.add(task, 1))};
  }
};

ProgramEmitter::ProgramEmitter(KernelLibrary &library, func::FuncOp network, const RowSet &rows,
                               const BufferPlan &plan, const ProgramOptions &options)
    : library(library), network(network), rows(rows), plan(plan), options(options) {
  info.network = network.getName().str();
  info.arenaBytes = plan.getArenaBytes();
  info.arenaLowerBound = plan.getArenaLowerBound();
  info.alignment = rows.getAlignment();
  for (auto [position, op] : llvm::enumerate(network.front()))
    positions[&op] = position;
}

Contract ProgramEmitter::getContract() const { return qopt::getContract(current); }

const BufferLayout &ProgramEmitter::getLayout(Value tensor) const {
  return plan.getView(current, tensor).layout;
}

func::FuncOp ProgramEmitter::getOrCreateKernel(StringRef name, StringRef signature,
                                               unsigned numPointers, KernelBody body) {
  return library.getOrCreateKernel(name, signature, numPointers, body);
}

StepArg ProgramEmitter::constant(StringRef name, ArrayRef<char> bytes) {
  std::string symbol = library.getOrCreateConstant(name, bytes);
  if (constantsUsed.insert(symbol).second)
    info.constantBytes += bytes.size();
  return {Value(), symbol};
}

StepArg ProgramEmitter::parameters(ArrayRef<char> bytes, const BiasWords &bias) {
  if (!options.patchable)
    return constant("parameters", bytes);
  std::string symbol = library.createVariable("parameters", bytes);
  info.constantBytes += bytes.size();
  info.biases.push_back({positions.lookup(current),
                         symbol,
                         bias.offset,
                         {bias.channels.begin(), bias.channels.end()}});
  return {Value(), symbol};
}

StepArg ProgramEmitter::taskScratch(int64_t bytes) {
  info.taskBytes = std::max<int64_t>(info.taskBytes, llvm::alignTo(bytes, rows.getAlignment()));
  return {};
}

//===----------------------------------------------------------------------===//
// Pointers
//===----------------------------------------------------------------------===//

static Value addressOfConstant(OpBuilder &builder, Location loc, StringRef symbol) {
  return LLVM::AddressOfOp::create(builder, loc, LLVM::LLVMPointerType::get(builder.getContext()),
                                   symbol);
}

/// The bytes of a constant that is an activation, as its layout wants them.
std::string ProgramEmitter::getActivationConstant(const Buffer &buffer,
                                                  const BufferLayout &layout) {
  auto constantOp = buffer.origin.getDefiningOp<ConstantOp>();
  ArrayRef<char> raw = constantOp.getRawBytes();
  std::string bytes(buffer.bytes, 0);
  for (int64_t i = 0; i < buffer.bytes; ++i)
    bytes[i] = raw[i % raw.size()] ^ (layout.flipped ? char(0x80) : 0);
  return constant("operand", ArrayRef<char>(bytes.data(), bytes.size())).constantName;
}

Value ProgramEmitter::getPointer(StepBuilder &step, const View &view) {
  const Buffer &buffer = plan.getBuffers()[view.buffer];
  int64_t interior = view.layout.interiorOffset();
  Emitter emit = step.emit();
  if (buffer.kind == Buffer::Kind::Arena)
    return emit.address(step.field(kContextWorkspace), buffer.offset + interior);
  if (buffer.kind == Buffer::Kind::Constant)
    return addressOfConstant(step.builder, step.loc, getActivationConstant(buffer, view.layout));
  bool isInput = buffer.kind == Buffer::Kind::Input;
  Value array = step.field(isInput ? kContextInputs : kContextOutputs);
  Type pointer = array.getType();
  Value slot = LLVM::GEPOp::create(step.builder, step.loc, pointer, pointer, array,
                                   ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(buffer.index)});
  return LLVM::LoadOp::create(step.builder, step.loc, pointer, slot);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

ProgramEmitter::StepBuilder ProgramEmitter::beginStep(Operation *layer, StringRef what,
                                                      int64_t maxTasks) {
  MLIRContext *context = network.getContext();
  std::string name =
      (network.getName() + "_step" + std::to_string(steps.size()) + "_" + what).str();
  func::FuncOp function = library.createFunction(
      layer->getLoc(), library.getFreshSymbol(name),
      {LLVM::LLVMPointerType::get(context), IntegerType::get(context, 32)}, {});
  return {function, OpBuilder::atBlockEnd(&function.front()), layer->getLoc(), layer, maxTasks};
}

void ProgramEmitter::endStep(StepBuilder &step, func::FuncOp kernel) {
  func::ReturnOp::create(step.builder, step.loc);
  steps.push_back({step.function, step.maxTasks});
  StepInfo &made = info.steps.emplace_back();
  made.layer = getLayerName(step.layer).str();
  made.op = positions.lookup(step.layer);
  made.isCopy = step.isCopy;
  made.kernel = kernel.getName().str();
  // A kernel that fell back to the scalar row says so in its name.
  made.rows = kernel.getName().contains("__generic") ? "generic" : rows.getName().str();
  made.maxTasks = step.maxTasks;
  made.constantBytes = step.constantBytes;
}

void ProgramEmitter::addHalo(StepBuilder &step, const View &view) {
  if (view.layout.halo.empty())
    return;
  func::FuncOp kernel = getFillHaloKernel(library, rows, view.layout);
  auto [begin, end] = step.share(view.layout.n);
  func::CallOp::create(step.builder, step.loc, kernel,
                       ValueRange{getPointer(step, view), begin, end});
}

static int64_t getMaxTasks(int64_t units, int64_t minUnitsPerTask, uint32_t limit) {
  int64_t tasks = units / std::max<int64_t>(minUnitsPerTask, 1);
  return std::clamp<int64_t>(tasks, 1, limit);
}

void ProgramEmitter::addStep(Operation *layer, func::FuncOp kernel, ArrayRef<StepArg> args,
                             int64_t units, int64_t minUnitsPerTask) {
  int64_t maxTasks = getMaxTasks(units, minUnitsPerTask, options.maxTasks);
  StepBuilder step = beginStep(layer, getLayerName(layer), maxTasks);
  SmallVector<Value> operands;
  for (const StepArg &arg : args) {
    if (arg.tensor) {
      operands.push_back(getPointer(step, plan.getView(current, arg.tensor)));
    } else if (!arg.constantName.empty()) {
      Operation *global = library.getModule().lookupSymbol(arg.constantName);
      auto type = cast<LLVM::LLVMArrayType>(cast<LLVM::GlobalOp>(global).getGlobalType());
      step.constantBytes += type.getNumElements();
      operands.push_back(addressOfConstant(step.builder, step.loc, arg.constantName));
    } else {
      Emitter emit = step.emit();
      Value stride = emit.index(0); // known when all steps are
      scratchStrides.push_back(stride.getDefiningOp());
      Value task = arith::IndexCastUIOp::create(step.builder, step.loc, emit.index(0).getType(),
                                                step.function.getArgument(1));
      Value base = emit.address(step.field(kContextWorkspace), plan.getArenaBytes());
      operands.push_back(emit.address(base, emit.mul(task, stride)));
    }
  }
  auto [begin, end] = step.share(units);
  operands.append({begin, end});
  func::CallOp::create(step.builder, step.loc, kernel, operands);
  if (haloPending)
    for (Value result : layer->getResults())
      addHalo(step, plan.getView(layer, result));
  haloPending = false;
  endStep(step, kernel);
}

void ProgramEmitter::emitCopy(Operation *user, const Copy &copy) {
  const BufferLayout &from = copy.from.layout, &to = copy.to.layout;
  func::FuncOp kernel = getCopyKernel(library, rows, from, to);
  int64_t rowBytes = from.w * from.c * from.elementBytes;
  int64_t minRows = llvm::divideCeil(int64_t{1} << 15, rowBytes); // a task pays off from 32 KiB
  StepBuilder step =
      beginStep(user, "copy", getMaxTasks(from.n * from.h, minRows, options.maxTasks));
  step.isCopy = true;
  Value source = getPointer(step, copy.from), target = getPointer(step, copy.to);
  auto [begin, end] = step.share(from.n * from.h);
  func::CallOp::create(step.builder, step.loc, kernel, ValueRange{source, target, begin, end});
  addHalo(step, copy.to);
  endStep(step, kernel);
}

//===----------------------------------------------------------------------===//
// The network
//===----------------------------------------------------------------------===//

void ProgramEmitter::patchScratch() {
  for (Operation *op : scratchStrides) {
    auto stride = cast<arith::ConstantOp>(op);
    stride.setValueAttr(IntegerAttr::get(IndexType::get(op->getContext()), info.taskBytes));
  }
}

void ProgramEmitter::recordTensors() {
  for (const auto &[tensor, views] : plan.getViews()) {
    auto result = dyn_cast<OpResult>(tensor);
    const View &home = views.front();
    const Buffer &buffer = plan.getBuffers()[home.buffer];
    if (!result || buffer.kind != Buffer::Kind::Arena)
      continue;
    Operation *op = result.getOwner();
    info.tensors.push_back({positions.lookup(op), result.getResultNumber(), getLayerName(op).str(),
                            buffer.offset + home.layout.interiorOffset(), home.layout});
  }
}

LogicalResult ProgramEmitter::run() {
  for (Operation &op : network.front()) {
    current = &op;
    for (const Copy &copy : plan.getCopiesBefore(&op))
      emitCopy(&op, copy);
    auto kernelOp = dyn_cast<KernelOpInterface>(op);
    if (!kernelOp)
      continue; // constants, the return
    haloPending = true;
    if (failed(kernelOp.emitKernel(*this)))
      return failure();
  }
  patchScratch();
  if (options.keepAll)
    recordTensors();
  return success();
}
