// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CapActivations.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"

using namespace mlir;

namespace {

struct CapActivationsPass
    : public PassWrapper<CapActivationsPass, InterfacePass<FunctionOpInterface>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CapActivationsPass)

  explicit CapActivationsPass(float limit) : limit(limit) {}

  StringRef getArgument() const override { return "cap-activations"; }
  StringRef getDescription() const override { return "limit rectified layers"; }

  void runOnOperation() override {
    qopt::ClampBounds cap{{0.0f}, {limit}};
    getOperation()->walk([&](qopt::ClampedOpInterface op) {
      if (op.getClampMinAttr())
        qopt::setClampBounds(op, qopt::getClampBounds(op).followedBy(cap));
    });
  }

  float limit;
};

} // namespace

std::unique_ptr<Pass> createCapActivationsPass(float limit) {
  return std::make_unique<CapActivationsPass>(limit);
}
