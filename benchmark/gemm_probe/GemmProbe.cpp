// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt-gemm-probe ROWS FILE.ll: one 512x512x512 product of bytes, through the generator and the
// named row set, as `void gemm(const void *activations, int32_t *sums)`.
#include "qopt/Codegen/DotKernel.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Target/Arm/Rows.h"
#include "qopt/Target/Compile.h"
#include "qopt/Target/Hexagon/Rows.h"
#include "qopt/Target/X86/Rows.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;

namespace {

constexpr int64_t kSize = 512;

/// One kernel, its constants as globals, and a function that calls it.
class ProbeBuilder : public ProgramBuilder {
public:
  ProbeBuilder(MLIRContext &context, const RowSet &rows)
      : rows(rows), loc(UnknownLoc::get(&context)), module(ModuleOp::create(loc)),
        builder(module->getBodyRegion()), pointer(LLVM::LLVMPointerType::get(&context)) {
    gemm =
        func::FuncOp::create(builder, loc, "gemm", builder.getFunctionType({pointer, pointer}, {}));
    gemm.addEntryBlock();
  }

  const RowSet &getRows() const override { return rows; }
  Contract getContract() const override { return Contract::Fp32; }
  const BufferLayout &getLayout(Value) const override {
    static const BufferLayout none;
    return none;
  }
  Value operand(unsigned index) { return gemm.getArgument(index); }

  func::FuncOp getOrCreateKernel(llvm::StringRef name, llvm::StringRef, unsigned numPointers,
                                 KernelBody body) override {
    SmallVector<Type> types(numPointers, pointer);
    types.append(2, builder.getIndexType());
    auto kernel = func::FuncOp::create(builder, loc, name, builder.getFunctionType(types, {}));
    kernel.setPrivate();
    for (unsigned i = 0; i < numPointers; ++i)
      kernel.setArgAttr(i, "llvm.noalias", builder.getUnitAttr());
    Block *entry = kernel.addEntryBlock();
    OpBuilder inside = OpBuilder::atBlockEnd(entry);
    ValueRange args = entry->getArguments();
    body(inside, loc, args.take_front(numPointers), args[numPointers], args[numPointers + 1]);
    inside.setInsertionPointToEnd(entry);
    func::ReturnOp::create(inside, loc);
    return kernel;
  }

  StepArg constant(llvm::StringRef name, llvm::ArrayRef<char> bytes) override {
    auto type = RankedTensorType::get({static_cast<int64_t>(bytes.size())}, builder.getI8Type());
    LLVM::GlobalOp::create(builder, loc,
                           LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size()),
                           /*isConstant=*/true, LLVM::Linkage::Private, name,
                           DenseElementsAttr::getFromRawBuffer(type, bytes), /*alignment=*/128);
    return {Value(), name.str()};
  }
  StepArg taskScratch(int64_t bytes) override {
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes);
    LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/false, LLVM::Linkage::Internal,
                           "scratch", LLVM::ZeroAttr::get(loc.getContext()), /*alignment=*/128);
    return {Value(), "scratch"};
  }

  void addStep(Operation *, func::FuncOp kernel, llvm::ArrayRef<StepArg> args, int64_t units,
               int64_t) override {
    OpBuilder body = OpBuilder::atBlockEnd(&gemm.front());
    SmallVector<Value> operands;
    for (const StepArg &arg : args)
      operands.push_back(
          arg.tensor ? arg.tensor
                     : Value(LLVM::AddressOfOp::create(body, loc, pointer, arg.constantName)));
    for (int64_t bound : {int64_t{0}, units})
      operands.push_back(arith::ConstantIndexOp::create(body, loc, bound));
    func::CallOp::create(body, loc, kernel, operands);
    func::ReturnOp::create(body, loc);
  }

  const RowSet &rows;
  Location loc;
  OwningOpRef<ModuleOp> module;

private:
  OpBuilder builder;
  Type pointer;
  func::FuncOp gemm;
};

DotLayer describeProduct(bool flipped) {
  DotLayer layer;
  for (BufferLayout *layout : {&layer.input, &layer.output})
    layout->w = layout->c = kSize;
  layer.input.flipped = flipped;
  layer.input.zeroPoint = 3;
  layer.input.setStrides({}, 1);
  layer.output.elementBytes = 4;
  layer.output.setStrides({}, 1);
  layer.weightZeroPoints = {0};
  layer.result.accumulators = true;
  uint32_t state = 1; // the numbers of main.c
  for (int64_t i = 0; i < kSize * kSize; ++i) {
    state = state * 1664525 + 1013904223;
    layer.weights.push_back(static_cast<int32_t>(state >> 24) % 255 - 127);
  }
  return layer;
}

Target describeTarget(llvm::StringRef name) {
  Target target;
  target.name = name;
  target.rows = nullptr;
  if (name == "x86-avx512vnni") {
    target = **lookupTarget(name);
  } else if (name == "generic") {
    target = **lookupTarget(name);
  } else if (name == "arm-dotprod" || name == "arm-i8mm") {
    bool matrix = name == "arm-i8mm";
    target.triple = "aarch64-unknown-linux-gnu", target.cpu = "generic";
    target.features = {matrix ? "i8mm" : "dotprod"};
    target.rows = matrix ? &arm::getI8mmRowSet() : &arm::getDotprodRowSet();
  } else if (name == "hexagon-hvx") {
    target.triple = "hexagon-unknown-linux-musl", target.cpu = "hexagonv68";
    target.features = {"hvxv68", "hvx-length128b"}, target.indexBits = 32;
    target.rows = &hexagon::getHvxRowSet();
  }
  return target;
}

llvm::Error emitProduct(const Target &target, llvm::StringRef path) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, arith::ArithDialect, scf::SCFDialect, math::MathDialect,
                      vector::VectorDialect, LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(context);
  registerLLVMDialectTranslation(context);
  ProbeBuilder builder(context, *target.rows);
  emitDotLayer(builder, nullptr, describeProduct(target.rows->isFlippedAtRest()),
               ProgramBuilder::tensor(builder.operand(0)), std::nullopt,
               ProgramBuilder::tensor(builder.operand(1)));
  if (llvm::Error error = lowerToLLVM(*builder.module, target))
    return error;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(*builder.module, llvmContext);
  auto machine = createTargetMachine(target);
  if (!machine)
    return machine.takeError();
  code->setDataLayout((*machine)->createDataLayout());
  code->setTargetTriple((*machine)->getTargetTriple());
  std::error_code failure;
  llvm::raw_fd_ostream file(path, failure);
  if (failure)
    return llvm::createStringError(failure, "cannot write '%s'", path.str().c_str());
  code->print(file, nullptr);
  return llvm::Error::success();
}

} // namespace

int main(int argc, char **argv) {
  Target target = argc == 3 ? describeTarget(argv[1]) : Target();
  if (!target.rows) {
    llvm::errs()
        << "usage: qopt-gemm-probe x86-avx512vnni|arm-dotprod|arm-i8mm|hexagon-hvx|generic "
           "FILE.ll\n";
    return 1;
  }
  if (llvm::Error error = emitProduct(target, argv[2])) {
    llvm::errs() << "qopt-gemm-probe: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
