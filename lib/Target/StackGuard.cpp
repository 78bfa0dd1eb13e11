// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "StackGuard.h"

#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"

using namespace qopt;

struct StackGuard::Handler : llvm::DiagnosticHandler {
  explicit Handler(std::shared_ptr<std::string> message) : message(std::move(message)) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    auto *frame = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(&info);
    if (frame && message->empty())
      *message =
          (frame->getFunction().getName() + "' needs " + llvm::Twine(frame->getResourceSize()) +
           " bytes of stack, more than the " + llvm::Twine(frame->getResourceLimit()))
              .str();
    return frame;
  }

  std::shared_ptr<std::string> message;
};

StackGuard::StackGuard(llvm::Module &code, unsigned bytes)
    : message(std::make_shared<std::string>()) {
  if (bytes == 0)
    return;
  code.getContext().setDiagnosticHandler(std::make_unique<Handler>(message));
  for (llvm::Function &function : code)
    if (!function.isDeclaration())
      function.addFnAttr("warn-stack-size", std::to_string(bytes));
}

llvm::Error StackGuard::check() const {
  if (message->empty())
    return llvm::Error::success();
  return llvm::createStringError(
      "kernel '%s that this target promises; compile the network for another target",
      message->c_str());
}
