// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt.matmul as a step of the kernel program: a pointwise convolution whose pixels are the rows.
#include "DotKernelModels.h"
#include "qopt/Codegen/DotKernel.h"
#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Codegen/WeightedLayer.h"

using namespace mlir;

namespace qopt::codegen {
namespace {

struct MatmulModel : KernelOpInterface::ExternalModel<MatmulModel, MatmulOp> {
  void requestLayouts(Operation *operation, LayoutPlanner &planner) const {
    auto op = cast<MatmulOp>(operation);
    int64_t channels = cast<RankedTensorType>(op.getInput().getType()).getShape().back();
    planner.requestPixelMultiple(op.getInput(),
                                 getRowFor(planner.getRows(), channels).getStepBytes());
  }

  LogicalResult emitKernel(Operation *operation, ProgramBuilder &builder) const {
    auto op = cast<MatmulOp>(operation);
    FailureOr<DotLayer> layer = describeLayer(op, builder);
    if (failed(layer))
      return failure();
    emitDotLayer(builder, op, *layer, ProgramBuilder::tensor(op.getInput()), std::nullopt,
                 ProgramBuilder::tensor(op.getOutput()));
    return success();
  }
};

} // namespace

void attachMatmulKernel(MLIRContext &context) { MatmulOp::attachInterface<MatmulModel>(context); }

} // namespace qopt::codegen
