// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../Resolver.h"
#include "Features.h"

using namespace llvm;
using qopt::Choice;
using qopt::arm::Feature;
using qopt::arm::findFeature;

namespace {

/// A resolver's first argument is AT_HWCAP; where its bit 62 is set, the second one points to the
/// words { size, AT_HWCAP, AT_HWCAP2 }.
constexpr uint64_t kHasMore = uint64_t{1} << 62;
constexpr unsigned kMoreWord = 2;

class ArmResolver : public qopt::Resolver {
  bool knows(StringRef feature) const override { return findFeature(feature); }
  FunctionType *getType(LLVMContext &context) const override {
    auto *pointer = PointerType::getUnqual(context);
    return FunctionType::get(pointer, {Type::getInt64Ty(context), pointer}, false);
  }
  void emitBody(Function &resolver, ArrayRef<Choice> choices, Function *otherwise) const override;
};

} // namespace

void ArmResolver::emitBody(Function &resolver, ArrayRef<Choice> choices,
                           Function *otherwise) const {
  LLVMContext &context = resolver.getContext();
  auto *word = Type::getInt64Ty(context);
  auto *entry = BasicBlock::Create(context, "", &resolver);
  auto *load = BasicBlock::Create(context, "load", &resolver);
  auto *decide = BasicBlock::Create(context, "choose", &resolver);
  IRBuilder<> builder(entry);
  Value *caps = resolver.getArg(0);
  Value *hasMore = builder.CreateIsNotNull(builder.CreateAnd(caps, kHasMore));
  builder.CreateCondBr(hasMore, load, decide);
  builder.SetInsertPoint(load);
  Value *loaded =
      builder.CreateLoad(word, builder.CreateConstGEP1_64(word, resolver.getArg(1), kMoreWord));
  builder.CreateBr(decide);
  builder.SetInsertPoint(decide);
  PHINode *more = builder.CreatePHI(word, 2);
  more->addIncoming(loaded, load);
  more->addIncoming(ConstantInt::get(word, 0), entry);
  builder.CreateRet(choose(builder, choices, otherwise, [&](StringRef name) {
    const Feature &feature = *findFeature(name);
    return builder.CreateIsNotNull(
        builder.CreateAnd(feature.inMore ? more : caps, uint64_t{1} << feature.bit));
  }));
}

const qopt::Resolver &qopt::arm::getResolver() {
  static const ArmResolver resolver;
  return resolver;
}
