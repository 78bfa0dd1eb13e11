// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "../Resolver.h"
#include "Features.h"

#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;
using qopt::Choice;
using qopt::arm::Feature;
using qopt::arm::findFeature;

namespace {

/// A resolver's first argument is AT_HWCAP; where its bit 62 is set, the second one points to the
/// words { size, AT_HWCAP, AT_HWCAP2 }.
constexpr uint64_t kHasMore = uint64_t{1} << 62;
constexpr unsigned kMoreWord = 2;

Value *hasFeatures(IRBuilder<> &builder, Value *caps, Value *more, ArrayRef<std::string> names) {
  Value *all = builder.getTrue();
  for (const std::string &name : names) {
    const Feature &feature = *findFeature(name);
    Value *bit = builder.CreateAnd(feature.inMore ? more : caps, uint64_t{1} << feature.bit);
    all = builder.CreateAnd(all, builder.CreateIsNotNull(bit));
  }
  return all;
}

Function *emitResolver(Module &module, StringRef name, ArrayRef<Choice> choices,
                       Function *otherwise) {
  LLVMContext &context = module.getContext();
  auto *pointer = PointerType::getUnqual(context);
  auto *word = Type::getInt64Ty(context);
  auto *resolver = Function::Create(FunctionType::get(pointer, {word, pointer}, false),
                                    GlobalValue::InternalLinkage, name + "_resolve", module);
  auto *entry = BasicBlock::Create(context, "", resolver);
  auto *load = BasicBlock::Create(context, "load", resolver);
  auto *choose = BasicBlock::Create(context, "choose", resolver);
  IRBuilder<> builder(entry);
  Value *caps = resolver->getArg(0);
  Value *hasMore = builder.CreateIsNotNull(builder.CreateAnd(caps, kHasMore));
  builder.CreateCondBr(hasMore, load, choose);
  builder.SetInsertPoint(load);
  Value *loaded =
      builder.CreateLoad(word, builder.CreateConstGEP1_64(word, resolver->getArg(1), kMoreWord));
  builder.CreateBr(choose);
  builder.SetInsertPoint(choose);
  PHINode *more = builder.CreatePHI(word, 2);
  more->addIncoming(loaded, load);
  more->addIncoming(ConstantInt::get(word, 0), entry);
  Value *chosen = otherwise;
  for (const Choice &choice : reverse(choices))
    chosen = builder.CreateSelect(hasFeatures(builder, caps, more, choice.features),
                                  choice.function, chosen);
  builder.CreateRet(chosen);
  return resolver;
}

} // namespace

Expected<GlobalIFunc *> qopt::arm::addResolvedFunction(Module &module, StringRef name,
                                                       ArrayRef<Choice> choices,
                                                       Function *otherwise) {
  for (const Choice &choice : choices)
    for (const std::string &feature : choice.features)
      if (!findFeature(feature))
        return unknownFeature(feature);
  Function *resolver = emitResolver(module, name, choices, otherwise);
  return GlobalIFunc::create(otherwise->getFunctionType(), 0, GlobalValue::ExternalLinkage, name,
                             resolver, &module);
}
