// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// qopt.depthwise_conv2d as a step of the kernel program.
#include "DotKernelModels.h"
#include "qopt/Codegen/DepthwiseKernel.h"
#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Codegen/QuadDepthwiseKernel.h"
#include "qopt/Codegen/WeightedLayer.h"

using namespace mlir;

namespace qopt::codegen {
namespace {

/// [KH][KW][OC] to [OC][KH][KW].
SmallVector<int32_t> channelsFirst(ArrayRef<int32_t> weights, int64_t channels) {
  int64_t taps = weights.size() / channels;
  SmallVector<int32_t> result(weights.size());
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t tap = 0; tap < taps; ++tap)
      result[channel * taps + tap] = weights[tap * channels + channel];
  return result;
}

struct DepthwiseConv2DModel
    : KernelOpInterface::ExternalModel<DepthwiseConv2DModel, DepthwiseConv2DOp> {
  static Window windowOf(DepthwiseConv2DOp op) {
    ArrayRef<int64_t> weights = cast<RankedTensorType>(op.getWeights().getType()).getShape();
    return Window::get(weights.take_front(2), op.getStrides(), op.getPads(), op.getDilations());
  }

  void requestLayouts(Operation *operation, LayoutPlanner &planner) const {
    auto op = cast<DepthwiseConv2DOp>(operation);
    ArrayRef<int64_t> input = cast<RankedTensorType>(op.getInput().getType()).getShape();
    ArrayRef<int64_t> output = cast<RankedTensorType>(op.getOutput().getType()).getShape();
    Window window = windowOf(op);
    Halo halo = haloOf(window, input[1], input[2]);
    if (input[3] == output[3])
      halo.include(QuadDepthwiseKernel::haloFor(window, input[3], output[2], planner.getRows()));
    planner.requestHalo(op.getInput(), halo);
  }

  LogicalResult emitKernel(Operation *operation, ProgramBuilder &builder) const {
    auto op = cast<DepthwiseConv2DOp>(operation);
    FailureOr<DotLayer> layer = describeLayer(op, builder);
    if (failed(layer))
      return failure();
    layer->window = windowOf(op);
    layer->groups = layer->input.c;
    layer->weights = channelsFirst(layer->weights, layer->output.c);
    emitDepthwiseLayer(builder, op, *layer, ProgramBuilder::tensor(op.getInput()),
                       ProgramBuilder::tensor(op.getOutput()));
    return success();
  }
};

} // namespace

void attachDepthwiseConv2DKernel(MLIRContext &context) {
  DepthwiseConv2DOp::attachInterface<DepthwiseConv2DModel>(context);
}

} // namespace qopt::codegen
