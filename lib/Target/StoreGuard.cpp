// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "StoreGuard.h"

#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

/// Only neighbours are joined, and they are looked for in a block. What is on the stack belongs to
/// nobody else.
static SmallVector<StoreInst *> getVectorStores(BasicBlock &block) {
  SmallVector<StoreInst *> stores;
  for (Instruction &instruction : block) {
    auto *store = dyn_cast<StoreInst>(&instruction);
    if (store && store->getValueOperand()->getType()->isVectorTy() &&
        !isa<AllocaInst>(getUnderlyingObject(store->getPointerOperand())))
      stores.push_back(store);
  }
  return stores;
}

void qopt::guardPartialStores(Module &code, unsigned vectorBytes) {
  for (Function &function : code)
    for (BasicBlock &block : function) {
      SmallVector<StoreInst *> stores = getVectorStores(block);
      if (stores.size() < 2)
        continue;
      for (StoreInst *store : stores)
        if (store->getAlign().value() < vectorBytes)
          store->setVolatile(true);
    }
}
