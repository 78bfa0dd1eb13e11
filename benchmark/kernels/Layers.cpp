// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Layers.h"

#include "qopt/Dialect/QOpt/IR/ConstantUtils.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/InitAll.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace qopt;
using namespace qopt::benchmark;

static llvm::StringRef nameOf(Kind kind) {
  switch (kind) {
  case Kind::Conv:
    return "conv";
  case Kind::Depthwise:
    return "depthwise";
  case Kind::FullyConnected:
    return "fully_connected";
  case Kind::Add:
    return "add";
  case Kind::AveragePool:
    return "average_pool";
  case Kind::Softmax:
    return "softmax";
  }
  return "";
}

std::string Layer::getName() const {
  std::string name = nameOf(kind).str();
  if (kind == Kind::Conv && kernel == 1)
    name = "pointwise";
  if (kernel > 1)
    name += llvm::formatv("_{0}x{0}", kernel);
  if (stride > 1)
    name += llvm::formatv("s{0}", stride);
  name += llvm::formatv("/{0}x{0}x{1}", size, channels);
  return outputs == channels ? name : name + "to" + std::to_string(outputs);
}

int64_t Layer::inputElements() const {
  int64_t pixels = kind == Kind::FullyConnected ? size : size * size;
  return pixels * channels * (kind == Kind::Add ? 2 : 1);
}

int64_t Layer::resultElements() const {
  return (kind == Kind::FullyConnected ? size : resultSize() * resultSize()) * outputs;
}

int64_t Layer::weightElements() const {
  if (kind == Kind::Depthwise)
    return kernel * kernel * channels;
  return kind == Kind::Conv || kind == Kind::FullyConnected ? kernel * kernel * channels * outputs
                                                            : 0;
}

/// Taps of one row or column of results that lie on the image.
static int64_t tapsInside(const Layer &layer) {
  int64_t padding =
      std::max<int64_t>(0, (layer.resultSize() - 1) * layer.stride + layer.kernel - layer.size);
  int64_t taps = 0;
  for (int64_t y = 0; y < layer.resultSize(); ++y)
    for (int64_t tap = 0; tap < layer.kernel; ++tap) {
      int64_t at = y * layer.stride + tap - padding / 2;
      taps += at >= 0 && at < layer.size;
    }
  return taps;
}

int64_t Layer::macs() const {
  switch (kind) {
  case Kind::Conv:
    return tapsInside(*this) * tapsInside(*this) * channels * outputs;
  case Kind::Depthwise:
    return tapsInside(*this) * tapsInside(*this) * channels;
  case Kind::FullyConnected:
    return size * channels * outputs;
  default:
    return 0;
  }
}

namespace {

/// The zero point behind a ReLU, as almost all activations of the networks have it.
constexpr int64_t kZeroPoint = -128;

/// Writes the network of a layer: codes in, codes out.
class NetworkWriter {
public:
  NetworkWriter(ModuleOp module, const Layer &layer)
      : layer(layer), builder(module.getBodyRegion()), loc(module.getLoc()),
        code(getPerTensorType(module.getContext(), 0.05f, kZeroPoint)) {}

  void write() {
    bool flat = layer.kind == Kind::FullyConnected || layer.kind == Kind::Softmax;
    SmallVector<int64_t> shape = {1, layer.size, layer.size, layer.channels};
    if (flat)
      shape = {layer.size, layer.channels};
    SmallVector<Type> inputs(layer.kind == Kind::Add ? 2 : 1, RankedTensorType::get(shape, code));
    auto function =
        func::FuncOp::create(builder, loc, "layer", builder.getFunctionType(inputs, TypeRange()));
    function->setAttr(kContractAttr, ContractAttr::get(builder.getContext(), Contract::Fp32));
    builder.setInsertionPointToStart(function.addEntryBlock());
    Value result = build(function.getArguments());
    func::ReturnOp::create(builder, loc, result);
    function.setType(builder.getFunctionType(inputs, result.getType()));
  }

private:
  Value build(ValueRange inputs) {
    int64_t size = layer.resultSize(), outputs = layer.outputs;
    auto image = RankedTensorType::get({1, size, size, outputs}, code);
    DenseI64ArrayAttr strides = array({layer.stride, layer.stride}), ones = array({1, 1});
    auto window = array({layer.kernel, layer.kernel});
    switch (layer.kind) {
    case Kind::Conv:
      return Conv2DOp::create(builder, loc, image, inputs[0],
                              weights({outputs, layer.kernel, layer.kernel, layer.channels}, 0),
                              bias(), Value(), strides, padding(), ones,
                              builder.getI64IntegerAttr(1), builder.getDenseF32ArrayAttr({0.0f}),
                              DenseF32ArrayAttr());
    case Kind::Depthwise:
      return DepthwiseConv2DOp::create(
          builder, loc, image, inputs[0], weights({layer.kernel, layer.kernel, outputs}, 2), bias(),
          strides, padding(), ones, builder.getDenseF32ArrayAttr({0.0f}), DenseF32ArrayAttr());
    case Kind::FullyConnected:
      return MatmulOp::create(builder, loc, RankedTensorType::get({layer.size, outputs}, code),
                              inputs[0], weights({outputs, layer.channels}, 0), bias(),
                              DenseF32ArrayAttr(), DenseF32ArrayAttr());
    case Kind::Add:
      return AddOp::create(builder, loc, image, inputs[0], inputs[1], DenseF32ArrayAttr(),
                           DenseF32ArrayAttr());
    case Kind::AveragePool:
      return AvgPool2DOp::create(builder, loc, image, inputs[0], window, strides, padding(),
                                 UnitAttr());
    case Kind::Softmax:
      auto share = getPerTensorType(builder.getContext(), 1.0f / 256, -128);
      return SoftmaxOp::create(builder, loc, RankedTensorType::get({1, layer.channels}, share),
                               inputs[0]);
    }
    return {};
  }

  DenseI64ArrayAttr array(ArrayRef<int64_t> values) { return builder.getDenseI64ArrayAttr(values); }
  DenseI64ArrayAttr padding() {
    int64_t all =
        std::max<int64_t>(0, (layer.resultSize() - 1) * layer.stride + layer.kernel - layer.size);
    int64_t low = all / 2, high = all - low;
    return array({low, low, high, high});
  }
  /// One scale per channel, so chosen that results spread over the codes.
  Value weights(ArrayRef<int64_t> shape, int64_t axis) {
    int64_t elements = 1;
    for (int64_t dim : shape)
      elements *= dim;
    SmallVector<int8_t> codes(elements);
    for (int8_t &value : codes)
      value = std::uniform_int_distribution<int>(-127, 127)(random);
    double terms = static_cast<double>(elements) / shape[axis];
    SmallVector<float> scales;
    for (int64_t c = 0; c < shape[axis]; ++c)
      scales.push_back(static_cast<float>((0.01 + 0.00001 * (c % 16)) / std::sqrt(terms)));
    auto type = getPerAxisType(builder.getContext(), scales, axis);
    return createCodeConstant(builder, loc, "weights", shape, type, codes);
  }
  Value bias() {
    SmallVector<int32_t> values(layer.outputs);
    for (int32_t &value : values)
      value = std::uniform_int_distribution<int>(-1000, 1000)(random);
    return createInt32Constant(builder, loc, "bias", {layer.outputs}, values);
  }

  const Layer &layer;
  OpBuilder builder;
  Location loc;
  quant::QuantizedType code;
  std::mt19937 random{1};
};

} // namespace

LayerRunner::LayerRunner(const Layer &layer, std::unique_ptr<CompiledNetwork> compiled)
    : layer(layer), network(std::move(compiled)) {
  std::mt19937 random(2);
  const qopt_module &module = network->getModule();
  for (uint32_t i = 0; i < module.n_inputs; ++i) {
    inputs.emplace_back(module.inputs[i].bytes);
    for (char &byte : inputs.back())
      byte = static_cast<char>(random());
  }
  for (uint32_t i = 0; i < module.n_outputs; ++i)
    outputs.emplace_back(module.outputs[i].bytes);
}

llvm::Expected<std::unique_ptr<LayerRunner>> LayerRunner::create(const Layer &layer,
                                                                 const Target &target) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module(ModuleOp::create(UnknownLoc::get(&context)));
  NetworkWriter(*module, layer).write();
  auto network = jitCompile(*module, "layer", target);
  if (!network)
    return network.takeError();
  return std::unique_ptr<LayerRunner>(new LayerRunner(layer, std::move(*network)));
}

double LayerRunner::run() {
  SmallVector<const void *> in;
  SmallVector<void *> out;
  for (const std::vector<char> &bytes : inputs)
    in.push_back(bytes.data());
  for (std::vector<char> &bytes : outputs)
    out.push_back(bytes.data());
  auto times = network->timeSteps(in, out);
  if (!times) {
    llvm::consumeError(times.takeError());
    return 0;
  }
  double milliseconds = 0;
  for (auto [step, time] : llvm::zip(network->getProgram().steps, *times))
    if (!step.isCopy)
      milliseconds += time;
  return milliseconds * 1e-3;
}
