// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions of the C ABI: checks, then the steps one after the other.
#include "EntryPoints.h"

#include "qopt/Codegen/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace qopt::codegen;

/// Error codes of qopt_module.run.
enum { kBadCall = 1, kBadWorkspace = 2, kNullPointer = 3, kOverlap = 4 };

int64_t qopt::codegen::getTensorBytes(Type type) {
  return getExternalLayout(cast<ShapedType>(type)).bytes();
}

namespace {

/// Emits the entry points of one network.
class EntryPointEmitter {
public:
  EntryPointEmitter(KernelLibrary &library, const NetworkSignature &network,
                    const ProgramInfo &info, const ProgramOptions &options)
      : library(library), network(network), info(info), options(options),
        context(network.type.getContext()), pointer(LLVM::LLVMPointerType::get(context)),
        i1(IntegerType::get(context, 1)), i32(IntegerType::get(context, 32)),
        i64(IntegerType::get(context, 64)) {}

  func::FuncOp emitCheck();
  func::FuncOp emitExecute(ArrayRef<Step> steps);
  void emitRun(func::FuncOp check, func::FuncOp execute);
  func::FuncOp emitRunParallel(func::FuncOp check, func::FuncOp execute);
  std::string emitGenericRun(func::FuncOp runParallel);

private:
  struct Body {
    func::FuncOp function;
    OpBuilder builder;
    Emitter emit;
    Body(func::FuncOp function)
        : function(function), builder(OpBuilder::atBlockEnd(&function.front())),
          emit(builder, function.getLoc()) {}
    Value arg(unsigned index) { return function.getArgument(index); }
    void finish(ValueRange results = {}) {
      func::ReturnOp::create(builder, function.getLoc(), results);
    }
  };

  func::FuncOp create(const Twine &name, ArrayRef<Type> arguments, ArrayRef<Type> results) {
    return library.createFunction(network.loc, library.getFreshSymbol(name.str()), arguments,
                                  results);
  }
  func::FuncOp createPublic(const Twine &name, ArrayRef<Type> arguments) {
    func::FuncOp function = library.createFunction(network.loc, name.str(), arguments, {i32});
    function.setPublic();
    function->removeAttr("llvm.linkage");
    return function;
  }
  /// A function that all networks of the module share.
  func::FuncOp getHelper(StringRef name, ArrayRef<Type> arguments, ArrayRef<Type> results,
                         llvm::function_ref<void(Body &)> build);
  func::FuncOp getOverlapHelper();
  func::FuncOp getDispatchHelper();

  Value compare(Emitter &emit, arith::CmpIPredicate predicate, Value a, int64_t b) {
    return arith::CmpIOp::create(emit.builder, emit.loc, predicate, a,
                                 emit.integer(a.getType(), b));
  }
  Value anyOf(Emitter &emit, ArrayRef<Value> conditions);
  Value isNull(Emitter &emit, Value address) {
    return compare(emit, arith::CmpIPredicate::eq, toInteger(emit, address), 0);
  }
  Value toInteger(Emitter &emit, Value address) {
    return LLVM::PtrToIntOp::create(emit.builder, emit.loc, i64, address);
  }
  Value loadElement(Emitter &emit, Value array, unsigned index) {
    Value slot = LLVM::GEPOp::create(emit.builder, emit.loc, pointer, pointer, array,
                                     ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(emit.builder, emit.loc, pointer, slot);
  }
  /// `code` where `wrong`, else what `next` computes.
  Value failIf(Emitter &emit, Value wrong, int64_t code, llvm::function_ref<Value()> next);
  Value isBadCall(Emitter &emit, Value tasks, Value parallelFor);
  Value isBadWorkspace(Emitter &emit, Value workspace, Value bytes, Value tasks);
  Value checkBuffers(Emitter &emit, Value inputs, Value outputs, Value workspace, Value bytes);
  bool needsWorkspace() const { return info.arenaBytes + info.taskBytes > 0; }

  KernelLibrary &library;
  const NetworkSignature &network;
  const ProgramInfo &info;
  const ProgramOptions &options;
  MLIRContext *context;
  Type pointer, i1, i32, i64;
};

} // namespace

func::FuncOp EntryPointEmitter::getHelper(StringRef name, ArrayRef<Type> arguments,
                                          ArrayRef<Type> results,
                                          llvm::function_ref<void(Body &)> build) {
  return library.getOrCreateHelper(network.loc, name, arguments, results, [&](func::FuncOp helper) {
    Body body(helper);
    build(body);
  });
}

/// Do [p, p + pn) and [q, q + qn) share a byte? Modulo 2^64, so that no sum can wrap around.
func::FuncOp EntryPointEmitter::getOverlapHelper() {
  return getHelper("qopt_overlap", {pointer, i64, pointer, i64}, {i1}, [&](Body &body) {
    Emitter &emit = body.emit;
    Value p = toInteger(emit, body.arg(0)), q = toInteger(emit, body.arg(2));
    auto within = [&](Value low, Value high, Value length) -> Value {
      return arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::ult,
                                   emit.sub(high, low), length);
    };
    body.finish(anyOf(emit, {within(p, q, body.arg(1)), within(q, p, body.arg(3))}));
  });
}

/// Runs a step on n tasks: through the caller's parallel-for, or here if there is none.
func::FuncOp EntryPointEmitter::getDispatchHelper() {
  Type arguments[] = {pointer, pointer, i32, pointer, pointer};
  return getHelper("qopt_dispatch", arguments, {}, [&](Body &body) {
    Emitter &emit = body.emit;
    Value parallelFor = body.arg(0), tasks = body.arg(2), step = body.arg(3), data = body.arg(4);
    Value serial = isNull(emit, parallelFor);
    auto choice = scf::IfOp::create(emit.builder, emit.loc, serial, /*withElseRegion=*/true);
    OpBuilder inner = choice.getThenBodyBuilder();
    Value zero = arith::ConstantIntOp::create(inner, emit.loc, 0, 32);
    auto callType = [&](ArrayRef<Type> types) {
      return LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), types);
    };
    LLVM::CallOp::create(inner, emit.loc, callType({pointer, i32}), ValueRange{step, data, zero});
    inner = choice.getElseBodyBuilder();
    LLVM::CallOp::create(inner, emit.loc, callType({pointer, i32, pointer, pointer}),
                         ValueRange{parallelFor, body.arg(1), tasks, step, data});
    body.finish();
  });
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

Value EntryPointEmitter::anyOf(Emitter &emit, ArrayRef<Value> conditions) {
  Value any = conditions.front();
  for (Value condition : conditions.drop_front())
    any = arith::OrIOp::create(emit.builder, emit.loc, any, condition);
  return any;
}

Value EntryPointEmitter::failIf(Emitter &emit, Value wrong, int64_t code,
                                llvm::function_ref<Value()> next) {
  OpBuilder &builder = emit.builder;
  auto choice = scf::IfOp::create(builder, emit.loc, TypeRange{i32}, wrong, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(choice.thenBlock());
  scf::YieldOp::create(builder, emit.loc, emit.integer(i32, code));
  builder.setInsertionPointToEnd(choice.elseBlock());
  scf::YieldOp::create(builder, emit.loc, next());
  return choice.getResult(0);
}

Value EntryPointEmitter::isBadCall(Emitter &emit, Value tasks, Value parallelFor) {
  Value several = compare(emit, arith::CmpIPredicate::ugt, tasks, 1);
  Value alone = isNull(emit, parallelFor);
  return anyOf(emit, {compare(emit, arith::CmpIPredicate::eq, tasks, 0),
                      compare(emit, arith::CmpIPredicate::ugt, tasks, options.maxTasks),
                      arith::AndIOp::create(emit.builder, emit.loc, several, alone)});
}

Value EntryPointEmitter::isBadWorkspace(Emitter &emit, Value workspace, Value bytes, Value tasks) {
  Value count = arith::ExtUIOp::create(emit.builder, emit.loc, i64, tasks);
  Value needed = emit.add(emit.mul(count, info.taskBytes), info.arenaBytes);
  Value tooSmall =
      arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::ult, bytes, needed);
  Value low = arith::AndIOp::create(emit.builder, emit.loc, toInteger(emit, workspace),
                                    emit.integer(i64, info.alignment - 1));
  return anyOf(emit, {tooSmall, compare(emit, arith::CmpIPredicate::ne, low, 0)});
}

/// Null pointers, then overlaps of outputs with anything and of inputs with the workspace.
Value EntryPointEmitter::checkBuffers(Emitter &emit, Value inputs, Value outputs, Value workspace,
                                      Value bytes) {
  struct Extent {
    Value address, bytes;
  };
  SmallVector<Extent> reads, writes;
  SmallVector<Value> nulls;
  auto collect = [&](Value array, TypeRange types, SmallVector<Extent> &extents) {
    for (auto [index, type] : llvm::enumerate(types)) {
      Value address = loadElement(emit, array, index);
      extents.push_back({address, emit.integer(i64, getTensorBytes(type))});
      nulls.push_back(isNull(emit, address));
    }
  };
  collect(inputs, network.type.getInputs(), reads);
  collect(outputs, network.type.getResults(), writes);
  if (nulls.empty())
    return emit.integer(i32, 0);
  return failIf(emit, anyOf(emit, nulls), kNullPointer, [&] {
    SmallVector<Value> overlaps;
    func::FuncOp helper = getOverlapHelper();
    auto check = [&](const Extent &a, const Extent &b) {
      auto call = func::CallOp::create(emit.builder, emit.loc, helper,
                                       ValueRange{a.address, a.bytes, b.address, b.bytes});
      overlaps.push_back(call.getResult(0));
    };
    if (needsWorkspace())
      writes.push_back({workspace, bytes});
    for (auto [index, write] : llvm::enumerate(writes)) {
      for (const Extent &read : reads)
        check(write, read);
      for (const Extent &other : ArrayRef(writes).take_front(index))
        check(write, other);
    }
    Value none = emit.integer(i32, 0);
    return overlaps.empty() ? none
                            : failIf(emit, anyOf(emit, overlaps), kOverlap, [&] { return none; });
  });
}

/// `NAME_check(inputs, outputs, workspace, bytes, tasks, par)`: the first error that applies, or 0.
func::FuncOp EntryPointEmitter::emitCheck() {
  Body body(create(network.name + "_check", {pointer, pointer, pointer, i64, i32, pointer}, {i32}));
  Emitter &emit = body.emit;
  Value inputs = body.arg(0), outputs = body.arg(1), workspace = body.arg(2), bytes = body.arg(3);
  Value code = failIf(emit, isBadCall(emit, body.arg(4), body.arg(5)), kBadCall, [&] {
    Value badWorkspace = isBadWorkspace(emit, workspace, bytes, body.arg(4));
    return failIf(emit, badWorkspace, kBadWorkspace, [&] {
      SmallVector<Value> nulls;
      if (network.type.getNumInputs() > 0)
        nulls.push_back(isNull(emit, inputs));
      nulls.push_back(isNull(emit, outputs));
      if (needsWorkspace())
        nulls.push_back(isNull(emit, workspace));
      return failIf(emit, anyOf(emit, nulls), kNullPointer,
                    [&] { return checkBuffers(emit, inputs, outputs, workspace, bytes); });
    });
  });
  body.finish(code);
  return body.function;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// `NAME_execute(inputs, outputs, workspace, tasks, par, par_ctx)`: the steps.
func::FuncOp EntryPointEmitter::emitExecute(ArrayRef<Step> steps) {
  Body body(
      create(network.name + "_execute", {pointer, pointer, pointer, i32, pointer, pointer}, {}));
  Emitter &emit = body.emit;
  OpBuilder &builder = body.builder;
  Location loc = network.loc;
  Type contextType = getContextType(context);
  Value data = LLVM::AllocaOp::create(builder, loc, pointer, contextType, emit.integer(i32, 1));
  for (int field : {kContextInputs, kContextOutputs, kContextWorkspace, kContextTasks}) {
    Value slot = LLVM::GEPOp::create(builder, loc, pointer, contextType, data,
                                     ArrayRef<LLVM::GEPArg>{0, field});
    LLVM::StoreOp::create(builder, loc, body.arg(field), slot);
  }
  for (const Step &step : steps) {
    func::FuncOp function = step.function;
    Value tasks = arith::MinUIOp::create(builder, loc, body.arg(kContextTasks),
                                         emit.integer(i32, step.maxTasks));
    Value code = func::ConstantOp::create(builder, loc, function.getFunctionType(),
                                          SymbolRefAttr::get(context, function.getName()));
    Value address = UnrealizedConversionCastOp::create(builder, loc, pointer, code).getResult(0);
    func::CallOp::create(builder, loc, getDispatchHelper(),
                         ValueRange{body.arg(4), body.arg(5), tasks, address, data});
  }
  body.finish();
  return body.function;
}

/// Calls `check`, then, where it finds nothing, `execute`; the code of the check.
static Value checkAndExecute(Emitter &emit, func::FuncOp check, ValueRange checkArgs,
                             func::FuncOp execute, ValueRange executeArgs) {
  Value code = func::CallOp::create(emit.builder, emit.loc, check, checkArgs).getResult(0);
  Value good = arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::eq, code,
                                     emit.integer(code.getType(), 0));
  auto guarded = scf::IfOp::create(emit.builder, emit.loc, good, /*withElseRegion=*/false);
  OpBuilder inner = guarded.getThenBodyBuilder();
  func::CallOp::create(inner, emit.loc, execute, executeArgs);
  return code;
}

void EntryPointEmitter::emitRun(func::FuncOp check, func::FuncOp execute) {
  Body body(createPublic(network.name + "_run", {pointer, pointer, pointer, i64}));
  Emitter &emit = body.emit;
  Value one = emit.integer(i32, 1);
  Value null = LLVM::ZeroOp::create(emit.builder, emit.loc, pointer);
  Value code =
      checkAndExecute(emit, check, {body.arg(0), body.arg(1), body.arg(2), body.arg(3), one, null},
                      execute, {body.arg(0), body.arg(1), body.arg(2), one, null, null});
  body.finish(code);
}

func::FuncOp EntryPointEmitter::emitRunParallel(func::FuncOp check, func::FuncOp execute) {
  Body body(createPublic(network.name + "_run_parallel",
                         {pointer, pointer, pointer, i64, i32, pointer, pointer}));
  Value code = checkAndExecute(
      body.emit, check,
      {body.arg(0), body.arg(1), body.arg(2), body.arg(3), body.arg(4), body.arg(5)}, execute,
      {body.arg(0), body.arg(1), body.arg(2), body.arg(4), body.arg(5), body.arg(6)});
  body.finish(code);
  return body.function;
}

/// `NAME_call(const qopt_call *)`.
std::string EntryPointEmitter::emitGenericRun(func::FuncOp runParallel) {
  // size, flags, inputs, outputs, workspace, workspace_bytes, tasks, par, par_ctx
  Type fields[] = {i32, i32, pointer, pointer, pointer, i64, i32, pointer, pointer};
  Type callType = LLVM::LLVMStructType::getLiteral(context, fields);
  int64_t callBytes = options.pointerBytes == 8 ? 64 : 48;

  Body body(create(network.name + "_call", {pointer}, {i32}));
  Emitter &emit = body.emit;
  auto field = [&](int32_t index) -> Value {
    Value slot = LLVM::GEPOp::create(emit.builder, emit.loc, pointer, callType, body.arg(0),
                                     ArrayRef<LLVM::GEPArg>{0, index});
    return LLVM::LoadOp::create(emit.builder, emit.loc, fields[index], slot);
  };
  Value code = failIf(emit, isNull(emit, body.arg(0)), kNullPointer, [&] {
    Value unknown = anyOf(emit, {compare(emit, arith::CmpIPredicate::ult, field(0), callBytes)});
    return failIf(emit, unknown, kBadCall, [&] {
      Value flags = compare(emit, arith::CmpIPredicate::ne, field(1), 0);
      return failIf(emit, flags, kBadCall, [&] {
        SmallVector<Value> operands;
        for (int32_t index = 2; index < 9; ++index)
          operands.push_back(field(index));
        return func::CallOp::create(emit.builder, emit.loc, runParallel, operands).getResult(0);
      });
    });
  });
  body.finish(code);
  return body.function.getName().str();
}

std::string qopt::codegen::emitEntryPoints(KernelLibrary &library, const NetworkSignature &network,
                                           ArrayRef<Step> steps, const ProgramInfo &info,
                                           const ProgramOptions &options) {
  EntryPointEmitter emitter(library, network, info, options);
  func::FuncOp check = emitter.emitCheck();
  func::FuncOp execute = emitter.emitExecute(steps);
  emitter.emitRun(check, execute);
  func::FuncOp runParallel = emitter.emitRunParallel(check, execute);
  return emitter.emitGenericRun(runParallel);
}
