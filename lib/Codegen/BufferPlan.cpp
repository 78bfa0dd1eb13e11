// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The buffer plan. Each tensor has a home that meets the union of what its users ask; a user that
// the home cannot serve gets a copy, shared with others of the same need.
#include "qopt/Codegen/BufferPlan.h"

#include "qopt/Codegen/ArenaPlanner.h"
#include "qopt/Codegen/RowSet.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;

BufferLayout qopt::codegen::getExternalLayout(ShapedType type) {
  BufferLayout layout;
  ArrayRef<int64_t> shape = type.getShape();
  if (shape.size() == 4) {
    layout.n = shape[0], layout.h = shape[1], layout.w = shape[2], layout.c = shape[3];
  } else if (!shape.empty()) {
    layout.c = shape.back();
    for (int64_t dim : shape.drop_back())
      layout.n *= dim;
  }
  layout.isFloat = type.getElementType().isF32();
  layout.elementBytes = layout.isFloat || type.getElementType().isInteger(32) ? 4 : 1;
  if (std::optional<QuantParams> params = getQuantParams(type)) {
    layout.flipped = !params->isSigned;
    layout.zeroPoint = params->zeroPoint(0) - (params->isSigned ? 0 : 128);
  }
  layout.setStrides({}, 1);
  return layout;
}

namespace {
using Request = LayoutPlanner::Request;
} // namespace

namespace qopt::codegen {

class BufferPlanner {
public:
  BufferPlanner(func::FuncOp network, const RowSet &rows, bool keepAll)
      : network(network), rows(rows), keepAll(keepAll) {}

  FailureOr<BufferPlan> run();

private:
  LogicalResult collectRequests();
  Request getUserUnion(Value tensor) const;
  BufferLayout getInnerLayout(Value tensor, const Request &request) const;
  bool serves(const BufferLayout &layout, const Request &request) const;

  unsigned addBuffer(Buffer::Kind kind, Value origin, int64_t bytes, int time, unsigned index = 0);
  void addArguments();
  void addResult(Operation *op, Value result, int time);
  bool losesAlias(Operation *op, Value tensor, const View &view) const;
  void useOperand(Operation *op, Value tensor, int time);
  void useReturned(Operation *op, unsigned index, Value tensor, int time);
  void copyBefore(Operation *op, const View &from, const View &to, int time);
  void placeArena();
  LogicalResult vouchForAlignment();

  func::FuncOp network;
  const RowSet &rows;
  bool keepAll;
  llvm::DenseMap<Operation *, LayoutPlanner> requests;
  BufferPlan plan;
};

} // namespace qopt::codegen

LogicalResult BufferPlanner::collectRequests() {
  for (Operation &op : network.front().without_terminator()) {
    if (isa<ConstantOp>(op))
      continue;
    auto kernelOp = dyn_cast<KernelOpInterface>(op);
    if (!kernelOp)
      return op.emitOpError("has no kernel: only ops of the quantized level can be compiled");
    LayoutPlanner planner(rows, keepAll);
    kernelOp.requestLayouts(planner);
    requests.insert({&op, planner});
  }
  return success();
}

/// What the users of `tensor` ask, dense ones apart.
Request BufferPlanner::getUserUnion(Value tensor) const {
  Request all;
  for (Operation *user : tensor.getUsers()) {
    auto it = requests.find(user);
    if (it == requests.end())
      continue;
    Request request = it->second.getRequest(tensor);
    if (request.dense)
      continue;
    all.halo.include(request.halo);
    all.pixelMultiple = std::lcm(all.pixelMultiple, request.pixelMultiple);
  }
  return all;
}

BufferLayout BufferPlanner::getInnerLayout(Value tensor, const Request &request) const {
  BufferLayout layout = getExternalLayout(cast<ShapedType>(tensor.getType()));
  layout.flipped = !layout.isFloat && rows.isFlippedAtRest();
  if (!request.dense)
    layout.setStrides(request.halo, request.pixelMultiple);
  return layout;
}

bool BufferPlanner::serves(const BufferLayout &layout, const Request &request) const {
  if (layout.flipped != (!layout.isFloat && rows.isFlippedAtRest()))
    return false;
  if (request.dense)
    return layout.dense();
  return layout.halo.covers(request.halo) &&
         layout.pixelStride % (request.pixelMultiple * layout.elementBytes) == 0;
}

unsigned BufferPlanner::addBuffer(Buffer::Kind kind, Value origin, int64_t bytes, int time,
                                  unsigned index) {
  plan.buffers.push_back({kind, index, 0, bytes, time, time, origin});
  return plan.buffers.size() - 1;
}

void BufferPlanner::addArguments() {
  for (BlockArgument arg : network.getArguments()) {
    BufferLayout layout = getExternalLayout(cast<ShapedType>(arg.getType()));
    unsigned buffer = addBuffer(Buffer::Kind::Input, arg, layout.bytes(), 0, arg.getArgNumber());
    plan.views[arg].push_back({buffer, layout});
  }
}

void BufferPlanner::addResult(Operation *op, Value result, int time) {
  if (isa<ConstantOp>(op)) {
    BufferLayout layout = getInnerLayout(result, {});
    unsigned buffer = addBuffer(Buffer::Kind::Constant, result, layout.bytes(), time);
    plan.views[result].push_back({buffer, layout});
    return;
  }
  Request request = requests.find(op)->second.getRequest(result);
  View home;
  if (request.aliasOf) {
    home = {plan.uses.lookup({op, request.aliasOf}).buffer, getInnerLayout(result, {})};
    home.layout.flipped = plan.uses.lookup({op, request.aliasOf}).layout.flipped;
    plan.aliases[result] = request.aliasOf;
  } else {
    Request users = getUserUnion(result);
    users.halo.include(request.halo);
    users.pixelMultiple = std::lcm(users.pixelMultiple, request.pixelMultiple);
    users.dense = request.dense;
    home.layout = getInnerLayout(result, users);
    home.buffer = addBuffer(Buffer::Kind::Arena, result, home.layout.bytes(), time);
  }
  plan.views[result].push_back(home);
  plan.uses[{op, result}] = home;
}

void BufferPlanner::copyBefore(Operation *op, const View &from, const View &to, int time) {
  plan.copies[op].push_back({from, to});
  plan.buffers[from.buffer].last = std::max(plan.buffers[from.buffer].last, time - 1);
}

/// Whether `op` would only rename bytes of the caller's, which cannot be read back after a run.
bool BufferPlanner::losesAlias(Operation *op, Value tensor, const View &view) const {
  if (!keepAll || plan.buffers[view.buffer].kind != Buffer::Kind::Input)
    return false;
  const LayoutPlanner &planner = requests.find(op)->second;
  return llvm::any_of(op->getResults(),
                      [&](Value result) { return planner.getRequest(result).aliasOf == tensor; });
}

/// Finds a buffer that serves `op`, or copies the tensor to a new one.
void BufferPlanner::useOperand(Operation *op, Value tensor, int time) {
  if (plan.uses.contains({op, tensor}))
    return;
  Request request = requests.find(op)->second.getRequest(tensor);
  llvm::SmallVector<View, 1> &views = plan.views[tensor];
  auto found = llvm::find_if(views, [&](const View &view) {
    return serves(view.layout, request) && !losesAlias(op, tensor, view);
  });
  View view;
  if (found != views.end()) {
    view = *found;
  } else {
    Request needed = request.dense ? request : getUserUnion(tensor);
    view.layout = getInnerLayout(tensor, needed);
    view.buffer = addBuffer(Buffer::Kind::Arena, tensor, view.layout.bytes(), time - 1);
    copyBefore(op, views.front(), view, time);
    views.push_back(view);
  }
  Buffer &buffer = plan.buffers[view.buffer];
  buffer.last = std::max(buffer.last, time);
  plan.uses[{op, tensor}] = view;
}

/// Lets the tensor live in the caller's output from the beginning, where its layout allows it.
void BufferPlanner::useReturned(Operation *op, unsigned index, Value tensor, int time) {
  View &home = plan.views[tensor].front();
  Buffer &buffer = plan.buffers[home.buffer];
  buffer.last = std::max(buffer.last, time);
  BufferLayout layout = getExternalLayout(cast<ShapedType>(tensor.getType()));
  if (buffer.kind == Buffer::Kind::Arena && !keepAll && home.layout.sameBytes(layout)) {
    buffer.kind = Buffer::Kind::Output;
    buffer.index = index;
    return;
  }
  View from = home;
  View to = {addBuffer(Buffer::Kind::Output, tensor, layout.bytes(), time - 1, index), layout};
  copyBefore(op, from, to, time);
}

void BufferPlanner::placeArena() {
  llvm::SmallVector<ArenaBuffer> inArena;
  for (const Buffer &buffer : plan.buffers)
    if (buffer.kind == Buffer::Kind::Arena)
      inArena.push_back({buffer.bytes, buffer.first, buffer.last});
  ArenaPlan arena = planArena(inArena, rows.getAlignment(), !keepAll);
  const int64_t *offset = arena.offsets.begin();
  for (Buffer &buffer : plan.buffers)
    if (buffer.kind == Buffer::Kind::Arena)
      buffer.offset = *offset++;
  plan.arenaBytes = arena.bytes;
  plan.arenaLowerBound = arena.lowerBound;
}

/// Once it is known which tensors live in a caller's buffer. Kernels take what is promised here for
/// granted, and some machines round wrong addresses in silence, so it is checked against the arena.
LogicalResult BufferPlanner::vouchForAlignment() {
  bool kept = true;
  auto vouch = [&](View &view) {
    const Buffer &buffer = plan.buffers[view.buffer];
    bool isOurs = buffer.kind == Buffer::Kind::Arena || buffer.kind == Buffer::Kind::Constant;
    int64_t interior = view.layout.interiorOffset();
    view.layout.alignment = isOurs ? llvm::MinAlign(rows.getAlignment(), interior) : 1;
    kept &= !isOurs || (buffer.offset + interior) % view.layout.alignment == 0;
  };
  for (auto &entry : plan.uses)
    vouch(entry.second);
  for (auto &entry : plan.copies)
    for (Copy &copy : entry.second)
      vouch(copy.from), vouch(copy.to);
  for (auto &entry : plan.views)
    for (View &view : entry.second)
      vouch(view);
  if (!kept)
    return network.emitOpError("has a tensor where its kernels' vectors are not aligned");
  return success();
}

FailureOr<BufferPlan> BufferPlanner::run() {
  if (failed(collectRequests()))
    return failure();
  addArguments();
  int time = 0;
  for (Operation &op : network.front().without_terminator()) {
    time += 2; // copies before an op take the odd times
    if (!isa<ConstantOp>(op))
      for (Value operand : op.getOperands())
        useOperand(&op, operand, time);
    for (Value result : op.getResults())
      addResult(&op, result, time);
  }
  Operation *terminator = network.front().getTerminator();
  for (auto [index, value] : llvm::enumerate(terminator->getOperands()))
    useReturned(terminator, index, value, time + 2);
  placeArena();
  if (failed(vouchForAlignment()))
    return failure();
  return std::move(plan);
}

FailureOr<BufferPlan> BufferPlan::create(func::FuncOp network, const RowSet &rows, bool keepAll) {
  return BufferPlanner(network, rows, keepAll).run();
}

const View &BufferPlan::getView(Operation *op, Value tensor) const {
  return uses.find({op, tensor})->second;
}

llvm::ArrayRef<Copy> BufferPlan::getCopiesBefore(Operation *op) const {
  auto it = copies.find(op);
  return it == copies.end() ? llvm::ArrayRef<Copy>() : llvm::ArrayRef<Copy>(it->second);
}
