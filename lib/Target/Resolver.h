// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that are chosen when the program is loaded, by what the CPU has.
#ifndef QOPT_LIB_TARGET_RESOLVER_H
#define QOPT_LIB_TARGET_RESOLVER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"

#include <string>

namespace qopt {

struct Choice {
  llvm::Function *function = nullptr;
  llvm::ArrayRef<std::string> features; ///< of LLVM; the CPU must have all of them
};

/// How machines of an architecture choose.
class Resolver {
public:
  virtual ~Resolver() = default;

  /// Adds the indirect function `name`: the first of `choices` that the CPU (and its operating
  /// system's state) can run, else `otherwise`. The resolver calls nothing.
  llvm::Expected<llvm::GlobalIFunc *> addFunction(llvm::Module &module, llvm::StringRef name,
                                                  llvm::ArrayRef<Choice> choices,
                                                  llvm::Function *otherwise) const;

protected:
  /// True of a feature that a resolver can ask for.
  virtual bool knows(llvm::StringRef feature) const = 0;
  /// What the loader hands over.
  virtual llvm::FunctionType *getType(llvm::LLVMContext &context) const = 0;
  virtual void emitBody(llvm::Function &resolver, llvm::ArrayRef<Choice> choices,
                        llvm::Function *otherwise) const = 0;

  /// Whether the CPU has a feature, as i1.
  using EmitTest = llvm::function_ref<llvm::Value *(llvm::StringRef feature)>;
  /// The function to return.
  static llvm::Value *choose(llvm::IRBuilder<> &builder, llvm::ArrayRef<Choice> choices,
                             llvm::Function *otherwise, EmitTest emitTest);
};

/// Null: libraries for the machine cannot choose.
const Resolver *getResolver(const llvm::Triple &triple);

namespace x86 {
const Resolver &getResolver(); ///< asks cpuid
} // namespace x86
namespace arm {
const Resolver &getResolver(); ///< looks at what Linux hands to resolvers
} // namespace arm

} // namespace qopt

#endif // QOPT_LIB_TARGET_RESOLVER_H
