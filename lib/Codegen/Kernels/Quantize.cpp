// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of quantize. Images of up to four channels, padded to four bytes a pixel, are made a
// vector of pixels at a time.
#include "KernelSupport.h"
#include "LayerKernels.h"

#include "qopt/Codegen/LayoutPlanner.h"
#include "qopt/Codegen/RowSet.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace qopt::numerics;

namespace qopt::codegen {
namespace {

/// Bytes of the pixels that the pixel kernel makes: one word.
constexpr int64_t kPixelBytes = 4;
/// Elements below which a second task costs more than it saves.
constexpr int64_t kElementsPerTask = 16384;

class Quantizer {
public:
  Quantizer(QuantizeOp op, ProgramBuilder &builder, const Grid &grid);

  void addStep();

private:
  Value emitCodes(Emitter &emit, Value x) const;
  bool hasWordPixels() const;
  void addElementStep();
  void addPixelStep();
  void emitPixelRows(Emitter &emit, ValueRange pointers, Value begin, Value end) const;
  void emitPixels(Emitter &emit, Value from, Value to, int64_t width) const;
  std::string getSignature() const;

  QuantizeOp op;
  ProgramBuilder &builder;
  const RowSet &rows;
  Grid grid;
  const BufferLayout &layout;
  ElementView input, output;
};

Quantizer::Quantizer(QuantizeOp op, ProgramBuilder &builder, const Grid &grid)
    : op(op), builder(builder), rows(builder.getRows()), grid(grid),
      layout(builder.getLayout(op.getOutput())), input(viewOf(builder, op.getInput())),
      output(viewOf(builder, op.getOutput())) {}

std::string Quantizer::getSignature() const {
  return llvm::formatv("s{0} z{1} [{2},{3}] {4}", llvm::bit_cast<int32_t>(grid.scale),
                       grid.zeroPoint, grid.storage.min, grid.storage.max, layout.flipped);
}

/// clamp(rne(f32(x / s)) + z) at rest; NaN gives z.
Value Quantizer::emitCodes(Emitter &emit, Value x) const {
  int32_t shift = layout.flipped ? 128 : 0;
  Value real = emit.divF(x, emit.real(x.getType(), grid.scale));
  Value isNaN =
      arith::CmpFOp::create(emit.builder, emit.loc, arith::CmpFPredicate::UNO, real, real);
  real = arith::SelectOp::create(emit.builder, emit.loc, isNaN, emit.real(real.getType(), 0), real);
  return roundToCodes(emit, rows, real, grid.storage.min + shift, grid.storage.max + shift,
                      grid.zeroPoint + shift);
}

void Quantizer::addStep() {
  if (hasWordPixels())
    addPixelStep();
  else
    addElementStep();
}

void Quantizer::addElementStep() {
  addElementwiseStep(builder, op, "quantize", getSignature(), {input, output},
                     {builder.tensor(op.getInput()), builder.tensor(op.getOutput())},
                     rows.getFloatLanes(), [&](Emitter &emit, ArrayRef<Access> at, int64_t width) {
                       Value x = loadElements(emit, at[0], emit.floatType(), width);
                       storeCodes(emit, emitCodes(emit, x), at[1]);
                     });
}

//===----------------------------------------------------------------------===//
// Pixels of one word
//===----------------------------------------------------------------------===//

bool Quantizer::hasWordPixels() const {
  return output.shape.size() == 4 && output.shape[3] <= kPixelBytes &&
         layout.pixelStride == kPixelBytes && input.strides[2] == 4 * output.shape[3];
}

void Quantizer::addPixelStep() {
  std::string signature = getSignature() + " " + input.getSignature() + " " + output.getSignature();
  func::FuncOp kernel = builder.getOrCreateKernel(
      "quantize_pixels", signature, 2,
      [&](OpBuilder &b, Location loc, ValueRange pointers, Value begin, Value end) {
        Emitter emit(b, loc);
        emitPixelRows(emit, pointers, begin, end);
      });
  int64_t perRow = output.shape[2] * output.shape[3];
  builder.addStep(op, kernel, {builder.tensor(op.getInput()), builder.tensor(op.getOutput())},
                  output.shape[0] * output.shape[1],
                  std::max<int64_t>(1, kElementsPerTask / perRow));
}

void Quantizer::emitPixelRows(Emitter &emit, ValueRange pointers, Value begin, Value end) const {
  emit.forLoop(begin, end, 1, [&](Value unit) {
    Value height = emit.index(output.shape[1]);
    Value image = arith::DivUIOp::create(emit.builder, emit.loc, unit, height);
    Value y = arith::RemUIOp::create(emit.builder, emit.loc, unit, height);
    auto rowOf = [&](Value pointer, const ElementView &view) {
      return emit.address(pointer,
                          emit.add(emit.mul(image, view.strides[0]), emit.mul(y, view.strides[1])));
    };
    Value from = rowOf(pointers[0], input), to = rowOf(pointers[1], output);
    emit.forElements(output.shape[2], rows.getFloatLanes(), [&](Value x, int64_t width) {
      Value source = emit.address(from, emit.mul(x, input.strides[2]));
      Value target = emit.address(to, emit.mul(x, kPixelBytes));
      emitPixels(emit, source, target, width);
    });
  });
}

/// The elements in order as bytes, spread to words. Vectors of whole powers of two only: LLVM's
/// instruction selection does not come back from a shuffle of 48 bytes.
void Quantizer::emitPixels(Emitter &emit, Value from, Value to, int64_t width) const {
  int64_t channels = output.shape[3];
  if (width == 1) {
    for (int64_t channel = 0; channel < channels; ++channel) {
      Value x = emit.load(emit.floatType(), emit.address(from, channel * 4), alignof(float));
      emit.store(emit.truncate(emitCodes(emit, x), 8), emit.address(to, channel));
    }
    return;
  }
  SmallVector<Value> parts;
  for (int64_t part = 0; part < channels; ++part) {
    Value address = emit.address(from, part * width * 4);
    Value x = emit.load(emit.floatType(width), address, alignof(float));
    parts.push_back(emit.truncate(emitCodes(emit, x), 8));
  }
  auto shuffle = [&](Value a, Value b, ArrayRef<int64_t> mask) -> Value {
    return vector::ShuffleOp::create(emit.builder, emit.loc, a, b, mask);
  };
  auto pair = [&](int64_t first) {
    Value second = parts[std::min(first + 1, channels - 1)];
    return shuffle(parts[std::min(first, channels - 1)], second,
                   llvm::to_vector(llvm::seq<int64_t>(0, 2 * width)));
  };
  SmallVector<int64_t> spread;
  for (int64_t i = 0; i < width * kPixelBytes; ++i) {
    int64_t channel = std::min(i % kPixelBytes, channels - 1); // the padding repeats the last one
    spread.push_back(i / kPixelBytes * channels + channel);
  }
  emit.store(shuffle(pair(0), pair(2), spread), to);
}

struct QuantizeKernel : KernelOpInterface::ExternalModel<QuantizeKernel, QuantizeOp> {
  void requestLayouts(Operation *, LayoutPlanner &) const {}

  LogicalResult emitKernel(Operation *op, ProgramBuilder &builder) const {
    auto quantize = cast<QuantizeOp>(op);
    FailureOr<Grid> grid = getGrid(op, quantize.getOutput());
    if (failed(grid))
      return failure();
    Quantizer(quantize, builder, *grid).addStep();
    return success();
  }
};

} // namespace

void attachQuantizeKernels(MLIRContext &context) {
  QuantizeOp::attachInterface<QuantizeKernel>(context);
}

} // namespace qopt::codegen
