// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt.conv2d as a step of the kernel program.
#include "DotKernelModels.h"
#include "Kernels/KernelSupport.h"
#include "qopt/Codegen/DotKernel.h"
#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Codegen/WeightedLayer.h"

using namespace mlir;

namespace qopt::codegen {
namespace {

struct Conv2DModel : KernelOpInterface::ExternalModel<Conv2DModel, Conv2DOp> {
  static Window windowOf(Conv2DOp op) {
    ArrayRef<int64_t> weights = cast<RankedTensorType>(op.getWeights().getType()).getShape();
    return Window::get(weights.slice(1, 2), op.getStrides(), op.getPads(), op.getDilations());
  }

  void requestLayouts(Operation *operation, LayoutPlanner &planner) const {
    auto op = cast<Conv2DOp>(operation);
    ArrayRef<int64_t> input = cast<RankedTensorType>(op.getInput().getType()).getShape();
    int64_t channels = input[3] / op.getGroups();
    const DotRow &row = getRowFor(planner.getRows(), channels);
    Window window = windowOf(op);
    Halo halo = haloOf(window, input[1], input[2]);
    if (walksDensePixels(window, channels, op.getGroups(), row))
      halo.right += densePixelsBehind(window, channels, row);
    else
      planner.requestPixelMultiple(op.getInput(), row.getStepBytes());
    planner.requestHalo(op.getInput(), halo);
  }

  LogicalResult emitKernel(Operation *operation, ProgramBuilder &builder) const {
    auto op = cast<Conv2DOp>(operation);
    FailureOr<DotLayer> layer = describeLayer(op, builder);
    if (failed(layer))
      return failure();
    layer->window = windowOf(op);
    layer->groups = op.getGroups();
    std::optional<StepArg> residual;
    if (Value value = op.getResidual()) {
      FailureOr<numerics::Grid> from = getGrid(op, value), to = getGrid(op, op.getOutput());
      if (failed(from) || failed(to))
        return failure();
      layer->residual = builder.getLayout(value);
      layer->result.residualMultiplier = numerics::ratioMultiplier(from->scale, to->scale).single;
      residual = ProgramBuilder::tensor(value);
    }
    emitDotLayer(builder, op, *layer, ProgramBuilder::tensor(op.getInput()), residual,
                 ProgramBuilder::tensor(op.getOutput()));
    return success();
  }
};

} // namespace

void attachConv2DKernel(MLIRContext &context) { Conv2DOp::attachInterface<Conv2DModel>(context); }

} // namespace qopt::codegen
