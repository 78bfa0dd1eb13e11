// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DotLayerTester.h"
#include "KernelHarness.h"

#include "qopt/Codegen/DepthwiseKernel.h"
#include "qopt/Codegen/DotKernel.h"

#include "mlir/IR/MLIRContext.h"

#include <cstring>
#include <sstream>

using namespace qopt::codegen;
using namespace qopt::numerics;

namespace qopt::test {

std::string LayerCase::name() const {
  std::ostringstream text;
  text << n << "x" << h << "x" << w << "x" << c << " -> " << oc << " k" << kernel << " s" << stride
       << " d" << dilation << " p" << pad << " g" << groups << (depthwise ? " depthwise" : "")
       << (residual ? " residual" : "") << (floatResult ? " float" : "") << " contract "
       << contractName(contract).str() << " z " << inputZero << "," << outputZero << ","
       << weightZero << " clamp " << static_cast<int>(clamp) << " M " << multiplier << " multiple "
       << pixelMultiple << " least weight " << leastWeight;
  return text.str();
}

namespace {

/// A tensor at rest in memory of exactly its size, so that sanitizers see reads outside.
struct TestTensor {
  BufferLayout layout;
  std::vector<char> bytes;

  void allocate() { bytes.assign(layout.bytes(), 0x5a); }
  char *interior() { return bytes.data() + layout.interiorOffset(); }
  int32_t code(int64_t n, int64_t y, int64_t x, int64_t c) {
    auto byte = static_cast<uint8_t>(interior()[layout.offset(n, y, x, c)]);
    return layout.flipped ? byte - 128 : static_cast<int8_t>(byte);
  }
  void setCode(int64_t n, int64_t y, int64_t x, int64_t c, int32_t code) {
    interior()[layout.offset(n, y, x, c)] = static_cast<char>(layout.flipped ? code + 128 : code);
  }
};

class Trial {
public:
  Trial(const RowSet &rows, const LayerCase &layerCase, unsigned seed)
      : rows(rows), c(layerCase), random(seed) {
    describe();
    fill();
  }

  std::string run();

private:
  int32_t uniform(int32_t low, int32_t high) {
    return std::uniform_int_distribution<int32_t>(low, high)(random);
  }
  void describe();
  void describeResult();
  void fill();
  int64_t accumulate(int64_t n, int64_t y, int64_t x, int64_t oc);
  std::string compare(int64_t n, int64_t y, int64_t x, int64_t oc);
  int32_t expectedCode(int32_t acc, int64_t n, int64_t y, int64_t x, int64_t oc);

  const RowSet &rows;
  LayerCase c;
  std::mt19937 random;
  DotLayer layer;
  TestTensor input, residual, output;
  std::vector<Multiplier> multipliers;
};

void Trial::describe() {
  WindowDim dim{c.kernel, c.stride, c.dilation, c.pad, c.pad};
  layer.window = {dim, dim};
  layer.groups = c.depthwise ? c.c : c.groups;
  auto shape = [&](BufferLayout &layout, int64_t h, int64_t w, int64_t channels, int32_t zero,
                   Halo halo) {
    layout.n = c.n, layout.h = h, layout.w = w, layout.c = channels, layout.zeroPoint = zero;
    layout.flipped = rows.isFlippedAtRest();
    layout.setStrides(halo, c.pixelMultiple);
  };
  Halo halo = haloOf(layer.window, c.h, c.w);
  halo.right += c.pixelsBehind;
  shape(input.layout, c.h, c.w, c.c, c.inputZero, halo);
  shape(output.layout, dim.outputSize(c.h), dim.outputSize(c.w), c.oc, c.outputZero,
        Halo{1, 1, 1, 1});
  if (c.floatResult) {
    output.layout.elementBytes = 4, output.layout.isFloat = true, output.layout.flipped = false;
    output.layout.setStrides({}, 1);
  }
  residual.layout = output.layout;
  residual.layout.zeroPoint = -77;
  residual.layout.setStrides({}, 1);
  layer.input = input.layout, layer.output = output.layout;
  if (c.residual)
    layer.residual = residual.layout;
  int64_t taps = c.kernel * c.kernel * (c.c / layer.groups);
  int32_t least = uniform(0, 3) == 0 ? -128 : -127; // some rows want narrow weights
  if (c.leastWeight)
    least = c.leastWeight;
  for (int64_t i = 0; i < c.oc * taps; ++i)
    layer.weights.push_back(uniform(least, 127));
  if (c.leastWeight)
    layer.weights[layer.weights.size() / 2] = least;
  layer.weightZeroPoints = {c.weightZero};
  for (int64_t i = 0; i < c.oc; ++i)
    layer.bias.push_back(uniform(-100000, 100000));
  describeResult();
}

void Trial::describeResult() {
  int64_t taps = c.kernel * c.kernel * (c.c / layer.groups);
  ResultSpec &result = layer.result;
  result.maxAbsAccumulator = taps * 255 * 255 + 100000;
  float typical = c.multiplier ? c.multiplier : 100.0f / (5000.0f * std::sqrt(float(taps)));
  for (int64_t i = 0; i < c.oc; ++i) {
    float scale = typical * (0.5f + uniform(0, 1000) / 1000.0f);
    if (c.contract == numerics::Contract::PowerOfTwo)
      scale = std::exp2(-12.0f);
    if (c.floatResult)
      result.floatScales.push_back(scale);
    else
      result.multipliers.push_back(llvm::cantFail(
          prepareMultiplier(c.contract, RealMultiplier{scale, scale}, result.maxAbsAccumulator)));
  }
  result.lower = {-128}, result.upper = {127};
  if (c.clamp == LayerCase::Clamp::Uniform)
    result.lower = {-127}, result.upper = {90};
  if (c.clamp == LayerCase::Clamp::PerChannel) {
    result.lower.clear();
    for (int64_t i = 0; i < c.oc; ++i)
      result.lower.push_back(uniform(-128, 0));
  }
  result.residualMultiplier = c.residual ? 0.37f : 0.0f;
}

void Trial::fill() {
  input.allocate(), output.allocate(), residual.allocate();
  const BufferLayout &in = layer.input;
  for (int64_t n = 0; n < in.n; ++n)
    for (int64_t y = -in.halo.top; y < in.h + in.halo.bottom; ++y)
      for (int64_t x = -in.halo.left; x < in.w + in.halo.right; ++x)
        for (int64_t k = 0; k < in.c; ++k) {
          bool inside = y >= 0 && y < in.h && x >= 0 && x < in.w;
          input.setCode(n, y, x, k, inside ? uniform(-128, 127) : in.zeroPoint);
        }
  if (!c.floatResult)
    for (char &byte : residual.bytes)
      byte = static_cast<char>(uniform(-128, 127));
}

int64_t Trial::accumulate(int64_t n, int64_t y, int64_t x, int64_t oc) {
  int64_t perGroup = layer.channelsPerGroup(), group = oc / layer.outputsPerGroup();
  int64_t sum = layer.bias[oc];
  for (int64_t ky = 0; ky < c.kernel; ++ky)
    for (int64_t kx = 0; kx < c.kernel; ++kx)
      for (int64_t k = 0; k < perGroup; ++k) {
        int64_t iy = y * c.stride - c.pad + ky * c.dilation;
        int64_t ix = x * c.stride - c.pad + kx * c.dilation;
        if (iy < 0 || iy >= c.h || ix < 0 || ix >= c.w)
          continue;
        sum += int64_t{input.code(n, iy, ix, group * perGroup + k) - c.inputZero} *
               (layer.weight(oc, ky, kx, k) - c.weightZero);
      }
  return sum;
}

int32_t Trial::expectedCode(int32_t acc, int64_t n, int64_t y, int64_t x, int64_t oc) {
  const ResultSpec &result = layer.result;
  int32_t lower = result.lower[result.lower.size() == 1 ? 0 : oc];
  const Multiplier &m = result.multipliers[oc];
  if (!c.residual)
    return requantizeToCode(acc, m, c.outputZero, lower, result.upper[0]);
  int64_t value = requantizeWithResidual(acc, std::get<Fp32Multiplier>(m).value,
                                         residual.code(n, y, x, oc) - residual.layout.zeroPoint,
                                         result.residualMultiplier);
  return std::clamp<int64_t>(value + c.outputZero, lower, result.upper[0]);
}

std::string Trial::compare(int64_t n, int64_t y, int64_t x, int64_t oc) {
  auto acc = static_cast<int32_t>(accumulate(n, y, x, oc));
  std::ostringstream text;
  if (c.floatResult) {
    float got, want = static_cast<float>(acc) * layer.result.floatScales[oc];
    std::memcpy(&got, output.interior() + layer.output.offset(n, y, x, oc), 4);
    if (std::memcmp(&got, &want, 4) != 0)
      text << "[" << n << "," << y << "," << x << "," << oc << "] " << got << " != " << want;
    return text.str();
  }
  int32_t got = output.code(n, y, x, oc), want = expectedCode(acc, n, y, x, oc);
  if (got != want)
    text << "[" << n << "," << y << "," << x << "," << oc << "] " << got << " != " << want
         << " acc " << acc;
  return text.str();
}

std::string Trial::run() {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  KernelHarness harness(context, rows);
  auto arg = [&](unsigned i) { return ProgramBuilder::tensor(harness.tensorNumber(i)); };
  std::optional<StepArg> addend;
  if (c.residual)
    addend = arg(1);
  if (c.depthwise)
    emitDepthwiseLayer(harness, nullptr, layer, arg(0), arg(2));
  else
    emitDotLayer(harness, nullptr, layer, arg(0), addend, arg(2));
  if (llvm::Error error = harness.compile())
    return llvm::toString(std::move(error));
  harness.run({input.interior(), residual.interior(), output.interior()}, c.parts);
  for (int64_t n = 0; n < layer.output.n; ++n)
    for (int64_t y = 0; y < layer.output.h; ++y)
      for (int64_t x = 0; x < layer.output.w; ++x)
        for (int64_t oc = 0; oc < layer.output.c; ++oc)
          if (std::string difference = compare(n, y, x, oc); !difference.empty())
            return c.name() + ": " + difference;
  return "";
}

} // namespace

std::string checkLayer(const RowSet &rows, const LayerCase &layerCase, unsigned seed) {
  return Trial(rows, layerCase, seed).run();
}

} // namespace qopt::test
