// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loop of dots made through the target's own row.
#include "qopt/ExecutionEngine/DotPeak.h"

#include "qopt/Codegen/DotRow.h"
#include "qopt/Target/Compile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/IR/Module.h"

#include <chrono>

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;

namespace {

/// A quarter of the first-level cache.
constexpr int64_t kMemoryBytes = 12288;
/// Trips that walk all of it, and how often.
constexpr int64_t kTrips = 160, kRounds = 128;

/// Where the weights of a dot come from. They must differ from trip to trip, or a part of a dot
/// would leave the loop: they are the next accumulator, which makes longer chains, or come from
/// memory, which needs a load for each. The activations may leave: a kernel prepares them for
/// several dots.
enum class Feed { Neighbour, Memory };

/// Enough that none is waited for.
int64_t accumulatorCount(const DotRow &row) {
  return std::max<int64_t>(12, row.getBudget().dotsInFlight + 2);
}

/// `void NAME(void *memory)`
void emitDots(ModuleOp module, const DotRow &row, llvm::StringRef name, Feed feed) {
  OpBuilder builder(module.getBodyRegion());
  Location loc = module.getLoc();
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto function = func::FuncOp::create(builder, loc, name, builder.getFunctionType({pointer}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  Emitter emit(builder, loc);
  Value memory = function.getArgument(0);
  DotShape shape = row.getShape();
  Type lanes = emit.intType(32, shape.m * shape.n);
  SmallVector<Value> pixels(shape.m, memory), initial;
  Value activation = row.loadActivation(emit, pixels, row.acceptsActivations(true));
  activation = row.selectActivation(emit, activation, 0);
  Type weightType = row.loadWeights(emit, memory).getType();
  for (int64_t i = 0; i < accumulatorCount(row); ++i)
    initial.push_back(emit.load(lanes, emit.address(memory, 64 * i)));
  auto trip = [&](Value at, ValueRange carried) {
    SmallVector<Value> values(carried);
    Value next = emit.address(memory, emit.mul(at, 64));
    for (size_t i = 0; i < values.size(); ++i) {
      Value neighbour = values[(i + 1) % values.size()];
      Value weights = feed == Feed::Memory
                          ? row.loadWeights(emit, emit.address(next, 64 * i))
                          : Value(LLVM::BitcastOp::create(builder, loc, weightType, neighbour));
      values[i] = row.dot(emit, values[i], weights, activation);
    }
    return values;
  };
  auto round = [&](Value, ValueRange carried) {
    return emit.forLoop(emit.index(0), emit.index(kTrips), 1, carried, trip);
  };
  SmallVector<Value> sums = emit.forLoop(emit.index(0), emit.index(kRounds), 1, initial, round);
  for (auto [i, sum] : llvm::enumerate(sums))
    emit.store(sum, emit.address(memory, 64 * i));
  func::ReturnOp::create(builder, loc);
}

llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> load(ModuleOp module, const Target &target) {
  llvm::orc::JITTargetMachineBuilder machine{llvm::Triple(target.triple)};
  machine.setCPU(target.cpu);
  machine.addFeatures({getFeatureString(target)});
  auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(machine).create();
  if (!jit)
    return jit.takeError();
  auto context = std::make_unique<llvm::LLVMContext>();
  auto code = translateModuleToLLVMIR(module, *context);
  if (!code)
    return llvm::createStringError("translation to LLVM IR failed");
  code->setDataLayout((*jit)->getDataLayout());
  llvm::orc::ThreadSafeModule safe(std::move(code), std::move(context));
  if (llvm::Error error = (*jit)->addIRModule(std::move(safe)))
    return std::move(error);
  return jit;
}

double secondsOf(void (*dots)(void *), void *memory) {
  auto start = std::chrono::steady_clock::now();
  dots(memory);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

llvm::Expected<double> qopt::measureDotPeak(const Target &target) {
  const DotRow &row = target.rows->getDotRow();
  MLIRContext context;
  context.loadDialect<func::FuncDialect, arith::ArithDialect, scf::SCFDialect,
                      vector::VectorDialect, LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(context);
  registerLLVMDialectTranslation(context);
  OwningOpRef<ModuleOp> module(ModuleOp::create(UnknownLoc::get(&context)));
  if (!isa<VectorType>(Emitter::withWidth(IntegerType::get(&context, 32), row.getShape().n)))
    return 0.0;
  const std::pair<Feed, llvm::StringRef> ways[] = {{Feed::Neighbour, "fromNeighbour"},
                                                   {Feed::Memory, "fromMemory"}};
  for (auto [feed, name] : ways)
    emitDots(*module, row, name, feed);
  if (llvm::Error error = lowerToLLVM(*module, target))
    return std::move(error);
  if (auto machine = createTargetMachine(target); !machine) // also sets LLVM up
    return machine.takeError();
  auto jit = load(*module, target);
  if (!jit)
    return jit.takeError();
  std::vector<char> storage(kMemoryBytes + 64, 1);
  void *memory = storage.data() + 64 - reinterpret_cast<uintptr_t>(storage.data()) % 64;
  double best = 1e9;
  for (auto [feed, name] : ways) {
    auto symbol = (*jit)->lookup(name);
    if (!symbol)
      return symbol.takeError();
    for (int round = 0; round < 30; ++round)
      best = std::min(best, secondsOf(symbol->toPtr<void (*)(void *)>(), memory));
  }
  DotShape shape = row.getShape();
  return static_cast<double>(kTrips * kRounds * accumulatorCount(row) * shape.m * shape.n *
                             shape.k) /
         best;
}

double qopt::measureReadBandwidth() {
  std::vector<uint64_t> words(size_t{1} << 23, 1);
  double best = 1e9;
  volatile uint64_t kept = 0;
  for (int round = 0; round < 4; ++round) {
    auto start = std::chrono::steady_clock::now();
    uint64_t sums[8] = {};
    for (size_t i = 0; i < words.size(); i += 8)
      for (size_t lane = 0; lane < 8; ++lane)
        sums[lane] += words[i + lane];
    std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    kept = sums[0] + sums[7];
    best = std::min(best, taken.count());
  }
  (void)kept;
  return static_cast<double>(words.size() * sizeof(uint64_t)) / best;
}
