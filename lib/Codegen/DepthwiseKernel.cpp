// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The general depthwise convolution.
#include "qopt/Codegen/DepthwiseKernel.h"
#include "qopt/Codegen/DotPacking.h"
#include "qopt/Codegen/KernelNames.h"
#include "qopt/Codegen/ProgramBuilder.h"
#include "qopt/Codegen/QuadDepthwiseKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace qopt::codegen {

/// Kernels of up to this many taps are laid out in line.
constexpr int64_t kInlineTaps = 25;

static const RowSet &rowsFor(const DotLayer &layer, const RowSet &rows) {
  return layer.outputsPerGroup() == 1 ? rows : getGenericRowSet();
}

DepthwiseKernel::DepthwiseKernel(const DotLayer &layer, const RowSet &target)
    : layer(layer), rows(rowsFor(layer, target)),
      laneCount(llvm::alignTo(layer.output.c, rows.getLanes())) {
  SmallVector<int32_t> channelBias = effectiveBias(layer), bias;
  LaneOrder order;
  for (int64_t lane = 0; lane < laneCount; ++lane) {
    order.lanes.push_back(std::min(lane, layer.output.c - 1));
    bias.push_back(channelBias[order.lanes.back()]);
  }
  order.stored = order.lanes;
  biasChannels = order.lanes;
  biasOffset = block.append(ArrayRef<int32_t>(bias));
  SmallVector<char> weights; // i16: a weight minus its zero point has nine bits
  for (int64_t y = 0; y < layer.window.height.kernel; ++y)
    for (int64_t x = 0; x < layer.window.width.kernel; ++x)
      for (int64_t channel : order.lanes) {
        int32_t weight = layer.weight(channel, y, x, 0) - layer.weightZeroPoint(channel);
        weights.push_back(static_cast<char>(weight));
        weights.push_back(static_cast<char>(weight >> 8));
      }
  weightOffset = block.append(ArrayRef<char>(weights));
  epilogue.emplace(rows, this->layer.result, this->layer.output, nullptr, order, block);
}

std::string DepthwiseKernel::getName() const {
  int64_t lanes = rows.getLanes();
  return "dwconv_" + windowName(layer.window) +
         (lanes == 1 ? "__generic" : "__i32x" + std::to_string(lanes));
}

int64_t DepthwiseKernel::getMacsPerUnit() const {
  // A multiplication of 32-bit lanes costs about as much as eight dots' products.
  return 8 * layer.output.w * layer.output.c * layer.window.height.kernel *
         layer.window.width.kernel;
}

std::string DepthwiseKernel::getSignature() const {
  std::string text;
  llvm::raw_string_ostream stream(text);
  describe(stream, layer.input);
  describe(stream, layer.output);
  describe(stream, layer.window);
  stream << " @" << biasOffset << "," << weightOffset << " " << epilogue->getSignature();
  return text;
}

void DepthwiseKernel::emit(OpBuilder &builder, Location loc, ValueRange pointers, Value begin,
                           Value end) const {
  Emitter emit(builder, loc);
  Frame frame;
  frame.parameters = pointers[1];
  frame.state = epilogue->prepare(emit, frame.parameters);
  const BufferLayout &in = layer.input, &out = layer.output;
  const Window &window = layer.window;
  int64_t origin = -window.height.padLow * in.rowStride - window.width.padLow * in.pixelStride;
  emit.forLoop(begin, end, 1, [&](Value unit) {
    Value height = emit.index(out.h);
    Value image = arith::DivUIOp::create(builder, loc, unit, height);
    Value row = arith::RemUIOp::create(builder, loc, unit, height);
    auto rowOf = [&](Value pointer, const BufferLayout &layout, int64_t stride) {
      Value offset =
          emit.add(emit.mul(image, layout.imageStride), emit.mul(row, stride * layout.rowStride));
      return emit.address(pointer, offset);
    };
    Value inputRow = emit.address(rowOf(pointers[0], in, window.height.stride), origin);
    Value outputRow = rowOf(pointers[2], out, 1);
    emit.forLoop(0, out.w, 1, [&](Value x) {
      Frame pixel = frame;
      pixel.input = emit.address(inputRow, emit.mul(x, window.width.stride * in.pixelStride));
      pixel.output = emit.address(outputRow, emit.mul(x, out.pixelStride));
      emitPixel(emit, pixel);
    });
  });
}

void DepthwiseKernel::emitPixel(Emitter &emit, const Frame &frame) const {
  int64_t lanes = rows.getLanes(), whole = layer.output.c / lanes * lanes;
  emit.forLoop(0, whole, lanes, [&](Value lane) { emitVector(emit, frame, lane, lanes); });
  if (whole != layer.output.c)
    emitVector(emit, frame, emit.index(whole), layer.output.c - whole);
}

void DepthwiseKernel::emitVector(Emitter &emit, const Frame &frame, Value lane,
                                 int64_t channels) const {
  int64_t lanes = rows.getLanes();
  Value base = emit.address(frame.parameters, biasOffset);
  Value bias = emit.load(emit.intType(32, lanes), emit.address(base, emit.mul(lane, 4)), 4);
  TileResults results;
  results.accumulators = {{reduce(emit, frame, lane, channels, bias)}};
  results.firstLane = lane;
  results.outputs = {emit.address(frame.output, emit.mul(lane, layer.output.elementBytes))};
  results.channels = results.writable = channels;
  epilogue->emitTile(emit, frame.state, results);
}

/// sum = body(i, sum) for i < count, in line or as a loop.
static Value accumulate(Emitter &emit, int64_t count, bool inLine, Value sum,
                        llvm::function_ref<Value(Value, Value)> body) {
  if (!inLine)
    return emit.forLoop(emit.index(0), emit.index(count), 1, sum, [&](Value i, ValueRange sums) {
      return SmallVector<Value>{body(i, sums[0])};
    })[0];
  for (int64_t i = 0; i < count; ++i)
    sum = body(emit.index(i), sum);
  return sum;
}

Value DepthwiseKernel::reduce(Emitter &emit, const Frame &frame, Value lane, int64_t channels,
                              Value accumulator) const {
  int64_t lanes = rows.getLanes(), multiplier = layer.outputsPerGroup();
  Value channel = lane;
  if (multiplier > 1)
    channel = arith::DivUIOp::create(emit.builder, emit.loc, lane, emit.index(multiplier));
  Value input = emit.address(frame.input, channel);
  Value weights = emit.address(emit.address(frame.parameters, weightOffset), emit.mul(lane, 2));
  const WindowDim &height = layer.window.height, &width = layer.window.width;
  bool inLine = height.kernel * width.kernel <= kInlineTaps;
  auto tap = [&](Value y, Value x, Value sum) {
    Value pixel = emit.add(emit.mul(y, height.dilation * layer.input.rowStride),
                           emit.mul(x, width.dilation * layer.input.pixelStride));
    Value weightIndex = emit.add(emit.mul(y, width.kernel), x);
    Value codes = loadPrefix(emit, channels, lanes, emit.address(input, pixel));
    Value weight = emit.load(emit.intType(16, lanes),
                             emit.address(weights, emit.mul(weightIndex, laneCount * 2)), 2);
    return emit.add(
        sum, emit.mul(emit.extend(codes, 32, !layer.input.flipped), emit.extend(weight, 32)));
  };
  return accumulate(emit, height.kernel, inLine, accumulator, [&](Value y, Value sum) {
    return accumulate(emit, width.kernel, inLine, sum,
                      [&](Value x, Value partial) { return tap(y, x, partial); });
  });
}

//===----------------------------------------------------------------------===//
// The step
//===----------------------------------------------------------------------===//

constexpr int64_t kMinMacsPerTask = 1 << 18;

template <typename Kernel>
static void addDepthwiseStep(ProgramBuilder &builder, Operation *op, const Kernel &kernel,
                             const StepArg &input, const StepArg &output) {
  func::FuncOp function =
      builder.getOrCreateKernel(kernel.getName(), kernel.getSignature(), 3,
                                [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin,
                                    Value end) { kernel.emit(b, loc, pointers, begin, end); });
  StepArg parameters = builder.parameters(kernel.getParameters(), kernel.getBiasWords());
  builder.addStep(op, function, {input, parameters, output}, kernel.getUnits(),
                  llvm::divideCeil(kMinMacsPerTask, kernel.getMacsPerUnit()));
}

void emitDepthwiseLayer(ProgramBuilder &builder, Operation *op, const DotLayer &layer,
                        const StepArg &input, const StepArg &output) {
  const RowSet &rows = builder.getRows();
  if (QuadDepthwiseKernel::serves(layer, rows))
    return addDepthwiseStep(builder, op, QuadDepthwiseKernel(layer, rows), input, output);
  addDepthwiseStep(builder, op, DepthwiseKernel(layer, rows), input, output);
}

} // namespace qopt::codegen
