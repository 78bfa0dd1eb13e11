// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../Resolver.h"

#include "llvm/IR/InlineAsm.h"

using namespace llvm;
using qopt::Choice;

namespace {

/// What cpuid and xgetbv told: leaf 7's ebx and ecx, leaf 7.1's eax, xcr0.
struct Answers {
  Value *ebx, *ecx, *eax1, *xcr0;
};

struct Feature {
  StringRef name;
  Value *Answers::*word;
  unsigned bit;
  uint32_t state; ///< of xcr0: vectors and masks that the system saves
};

constexpr uint32_t kYmm = 0x6, kZmm = 0xe6;

const Feature kFeatures[] = {
    {"avx2", &Answers::ebx, 5, kYmm},      {"avxvnni", &Answers::eax1, 4, kYmm},
    {"avx512f", &Answers::ebx, 16, kZmm},  {"avx512dq", &Answers::ebx, 17, kZmm},
    {"avx512cd", &Answers::ebx, 28, kZmm}, {"avx512bw", &Answers::ebx, 30, kZmm},
    {"avx512vl", &Answers::ebx, 31, kZmm}, {"avx512vnni", &Answers::ecx, 11, kZmm}};

const Feature *findFeature(StringRef name) {
  for (const Feature &feature : kFeatures)
    if (feature.name == name)
      return &feature;
  return nullptr;
}

/// { eax, ebx, ecx, edx }
Value *callCpuid(IRBuilder<> &builder, uint32_t leaf, uint32_t subleaf) {
  Type *word = builder.getInt32Ty();
  auto *type = FunctionType::get(StructType::get(word, word, word, word), {word, word}, false);
  auto *code = InlineAsm::get(type, "cpuid", "={ax},={bx},={cx},={dx},0,2", true);
  return builder.CreateCall(type, code, {builder.getInt32(leaf), builder.getInt32(subleaf)});
}

Value *callXgetbv(IRBuilder<> &builder) {
  Type *word = builder.getInt32Ty();
  auto *type = FunctionType::get(StructType::get(word, word), {word}, false);
  auto *code = InlineAsm::get(type, "xgetbv", "={ax},={dx},{cx}", true);
  return builder.CreateExtractValue(builder.CreateCall(type, code, {builder.getInt32(0)}), 0);
}

Value *hasBits(IRBuilder<> &builder, Value *word, uint32_t bits) {
  return builder.CreateICmpEQ(builder.CreateAnd(word, bits), builder.getInt32(bits));
}

Value *hasFeature(IRBuilder<> &builder, const Answers &answers, const Feature &feature) {
  Value *here = hasBits(builder, answers.*feature.word, uint32_t{1} << feature.bit);
  Value *saved = hasBits(builder, answers.xcr0, feature.state);
  return builder.CreateAnd(here, saved);
}

class X86Resolver : public qopt::Resolver {
  bool knows(StringRef feature) const override { return findFeature(feature); }
  FunctionType *getType(LLVMContext &context) const override {
    return FunctionType::get(PointerType::getUnqual(context), false);
  }
  void emitBody(Function &resolver, ArrayRef<Choice> choices, Function *otherwise) const override;
};

} // namespace

/// Leaf 7 and xgetbv exist only where leaves 0 and 1 say so.
void X86Resolver::emitBody(Function &resolver, ArrayRef<Choice> choices,
                           Function *otherwise) const {
  LLVMContext &context = resolver.getContext();
  auto *entry = BasicBlock::Create(context, "", &resolver);
  auto *probe = BasicBlock::Create(context, "probe", &resolver);
  auto *base = BasicBlock::Create(context, "base", &resolver);
  IRBuilder<> builder(entry);
  Value *highest = builder.CreateExtractValue(callCpuid(builder, 0, 0), 0);
  Value *ecx = builder.CreateExtractValue(callCpuid(builder, 1, 0), 2);
  Value *known = builder.CreateICmpUGE(highest, builder.getInt32(7));
  builder.CreateCondBr(builder.CreateAnd(known, hasBits(builder, ecx, 1u << 27)), probe, base);

  builder.SetInsertPoint(probe);
  Value *leaf7 = callCpuid(builder, 7, 0), *leaf71 = callCpuid(builder, 7, 1);
  Answers answers = {
      builder.CreateExtractValue(leaf7, 1), builder.CreateExtractValue(leaf7, 2),
      // A CPU without the subleaf may answer anything.
      builder.CreateSelect(builder.CreateIsNotNull(builder.CreateExtractValue(leaf7, 0)),
                           builder.CreateExtractValue(leaf71, 0), builder.getInt32(0)),
      callXgetbv(builder)};
  builder.CreateRet(choose(builder, choices, otherwise, [&](StringRef name) {
    return hasFeature(builder, answers, *findFeature(name));
  }));
  builder.SetInsertPoint(base);
  builder.CreateRet(otherwise);
}

const qopt::Resolver &qopt::x86::getResolver() {
  static const X86Resolver resolver;
  return resolver;
}
