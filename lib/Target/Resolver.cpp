// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Resolver.h"

#include "llvm/IR/GlobalIFunc.h"

using namespace llvm;
using namespace qopt;

static Error unknownFeature(StringRef feature) {
  return createStringError("the feature '" + feature +
                           "' cannot be asked for when a library is loaded");
}

Expected<GlobalIFunc *> Resolver::addFunction(Module &module, StringRef name,
                                              ArrayRef<Choice> choices, Function *otherwise) const {
  for (const Choice &choice : choices)
    for (const std::string &feature : choice.features)
      if (!knows(feature))
        return unknownFeature(feature);
  auto *resolver = Function::Create(getType(module.getContext()), GlobalValue::InternalLinkage,
                                    name + "_resolve", module);
  emitBody(*resolver, choices, otherwise);
  return GlobalIFunc::create(otherwise->getFunctionType(), 0, GlobalValue::ExternalLinkage, name,
                             resolver, &module);
}

Value *Resolver::choose(IRBuilder<> &builder, ArrayRef<Choice> choices, Function *otherwise,
                        EmitTest emitTest) {
  Value *chosen = otherwise;
  for (const Choice &choice : reverse(choices)) {
    Value *hasAll = builder.getTrue();
    for (const std::string &feature : choice.features)
      hasAll = builder.CreateAnd(hasAll, emitTest(feature));
    chosen = builder.CreateSelect(hasAll, choice.function, chosen);
  }
  return chosen;
}

const Resolver *qopt::getResolver(const Triple &triple) {
  switch (triple.getArch()) {
  case Triple::x86_64:
    return &x86::getResolver();
  case Triple::aarch64:
    return &arm::getResolver();
  default:
    return nullptr;
  }
}
