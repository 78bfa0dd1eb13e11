// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Op by op, fed the same codes, the simulated and the quantized level differ in at most one code of
// a thousand, and never by more than one: under every contract, on random grids. fixed-double
// rounds twice by definition, so that only the second half of the promise holds for it.
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/ExecutionEngine/EvaluationModels.h"
#include "qopt/ExecutionEngine/Interpreter.h"
#include "qopt/Quantization/Contract.h"
#include "qopt/Quantization/Grid.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

#include <random>

using namespace mlir;
using namespace qopt;
using numerics::Grid;

namespace {

/// One op: its name, attributes, the shapes of its operands (weights second), and of its result.
struct OpCase {
  const char *op;
  const char *attributes;
  std::vector<std::vector<int64_t>> operands;
  std::vector<int64_t> result;
  bool weighted;
  int64_t channelAxis; ///< of the weights
  double terms;        ///< sums grow like its root; the output's scale follows
};

const OpCase kCases[] = {
    {"conv2d",
     "pads = array<i64: 1, 1, 0, 1>, strides = array<i64: 2, 1>, clamp_min = array<f32: 0.0>",
     {{1, 17, 16, 8}, {12, 3, 3, 8}},
     {1, 8, 16, 12},
     true,
     0,
     72},
    {"conv2d",
     "groups = 2 : i64, dilations = array<i64: 2, 1>",
     {{1, 20, 20, 8}, {6, 3, 1, 4}},
     {1, 16, 20, 6},
     true,
     0,
     12},
    {"depthwise_conv2d",
     "pads = array<i64: 1, 1, 1, 1>, clamp_min = array<f32: -1.0>, clamp_max = array<f32: 6.0>",
     {{1, 20, 20, 6}, {3, 3, 12}},
     {1, 20, 20, 12},
     true,
     2,
     9},
    {"matmul", "", {{40, 300}, {50, 300}}, {40, 50}, true, 0, 300},
    {"add", "", {{1, 20, 20, 6}, {1, 20, 20, 6}}, {1, 20, 20, 6}, false, 0, 2},
    {"sub",
     "clamp_min = array<f32: 0.0>",
     {{1, 20, 20, 6}, {1, 1, 1, 6}},
     {1, 20, 20, 6},
     false,
     0,
     2},
    {"mul", "", {{1, 20, 20, 6}, {1, 20, 20, 6}}, {1, 20, 20, 6}, false, 0, 1},
    {"avg_pool2d",
     "kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>",
     {{1, 20, 20, 6}},
     {1, 20, 20, 6},
     false,
     0,
     0.1},
    {"avg_pool2d",
     "kernel = array<i64: 3, 2>, pads = array<i64: 1, 1, 1, 0>, count_include_pad",
     {{1, 20, 20, 6}},
     {1, 20, 20, 6},
     false,
     0,
     0.1},
    {"reduce_mean", "axes = array<i64: 1, 2>", {{400, 3, 5, 4}}, {400, 4}, false, 0, 0.05},
};

struct LevelAgreement : public testing::TestWithParam<numerics::Contract> {
  LevelAgreement() : engine(7) {
    DialectRegistry registry;
    registry.insert<QOptDialect, func::FuncDialect, quant::QuantDialect>();
    registerEvaluationModels(registry);
    context.appendDialectRegistry(registry);
    context.loadDialect<QOptDialect, func::FuncDialect, quant::QuantDialect>();
  }

  int32_t code(int32_t lo, int32_t hi) {
    return std::uniform_int_distribution<int32_t>(lo, hi)(engine);
  }
  float scale(double middle) {
    return static_cast<float>(middle * std::uniform_real_distribution<double>(0.5, 2.0)(engine));
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::mt19937 engine;
};

/// The two modules of a case, and the codes that are fed to both.
struct Levels {
  std::string simulated, quantized;
  SmallVector<Tensor> codes, reals;
  Grid output;
};

} // namespace

static std::string tensorType(ArrayRef<int64_t> shape, StringRef element) {
  std::string text = "tensor<";
  for (int64_t dim : shape)
    text += std::to_string(dim) + "x";
  return text + element.str() + ">";
}

static std::string quantType(const Grid &grid) {
  return llvm::formatv("!quant.uniform<i8<{0}:{1}>:f32, {2}:{3}>", grid.storage.min,
                       grid.storage.max, llvm::formatv("{0:e16}", double(grid.scale)).str(),
                       grid.zeroPoint)
      .str();
}

template <typename T> static std::string blob(ArrayRef<T> values) {
  StringRef bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
  return "\"0x10000000" + llvm::toHex(bytes) + "\"";
}

/// A module of one op on float or quantized operands; `constants` declares the weights and bias.
static std::string makeModule(const OpCase &c, ArrayRef<std::string> types, StringRef resultType,
                              StringRef constants, StringRef blobs, StringRef after,
                              StringRef finalType, StringRef contract) {
  std::string arguments, operands = c.weighted ? "%x0, %w bias %b" : "%x0", all = types[0];
  arguments = "%x0: " + types[0];
  if (!c.weighted && types.size() > 1) {
    arguments += ", %x1: " + types[1];
    operands += ", %x1";
  }
  for (const std::string &type : types.drop_front())
    all += ", " + type;
  return llvm::formatv("func.func @net({0}) -> {1} attributes {{qopt.contract = "
                       "#qopt.contract<\"{2}\">} {{\n{3}%y = qopt.{4} {5} {{{6}} : ({7}) -> "
                       "{8}\n{9}}\n{{-# dialect_resources: {{ builtin: {{{10}} } #-}\n",
                       arguments, finalType, contract, constants, c.op, operands, c.attributes, all,
                       resultType, after, blobs)
      .str();
}

/// Random grids and codes for a case, written at both levels.
static Levels makeLevels(const OpCase &c, LevelAgreement &random, StringRef contract) {
  Levels levels;
  SmallVector<Grid> grids;
  SmallVector<std::string> realTypes, codeTypes;
  for (auto [i, shape] : llvm::enumerate(c.operands)) {
    bool weights = c.weighted && i == 1;
    Grid grid{
        random.scale(0.02), weights ? 0 : random.code(-128, 127), {weights ? -127 : -128, 127}};
    grids.push_back(grid);
    realTypes.push_back(tensorType(shape, "f32"));
    codeTypes.push_back(tensorType(shape, quantType(grid)));
    Tensor codes = Tensor::makeCodes(shape), reals = Tensor::makeReals(shape);
    for (int64_t e = 0; e < codes.size(); ++e) {
      int32_t value = random.code(grid.storage.min, grid.storage.max);
      codes.writeCodes().data[e] = value;
      reals.writeReals().data[e] = dequantizeValue(value, grid);
    }
    levels.codes.push_back(codes);
    levels.reals.push_back(reals);
  }
  bool product = c.weighted || StringRef(c.op) == "mul";
  double spread = product ? 75.0 * 75.0 * grids[0].scale * grids[1].scale : 75.0 * grids[0].scale;
  levels.output = {random.scale(spread * std::sqrt(c.terms) / 60.0), random.code(-40, 40), {}};

  std::string realConstants, codeConstants, realBlobs, codeBlobs;
  if (c.weighted) {
    int64_t channels = c.operands[1][c.channelAxis];
    std::vector<int32_t> bias;
    std::vector<float> realBias;
    for (int64_t i = 0; i < channels; ++i) {
      bias.push_back(random.code(-3000, 3000));
      realBias.push_back(bias.back() * (grids[0].scale * grids[1].scale));
    }
    std::vector<int8_t> bytes(levels.codes[1].codes().begin(), levels.codes[1].codes().end());
    codeConstants = "%w = qopt.constant dense_resource<w> : " + codeTypes[1] +
                    "\n%b = qopt.constant dense_resource<b> : " + tensorType({channels}, "i32") +
                    "\n";
    realConstants = "%w = qopt.constant dense_resource<w> : " + realTypes[1] +
                    "\n%b = qopt.constant dense_resource<b> : " + tensorType({channels}, "f32") +
                    "\n";
    codeBlobs = "w: " + blob<int8_t>(bytes) + ", b: " + blob<int32_t>(bias);
    realBlobs = "w: " + blob<float>(levels.reals[1].reals()) + ", b: " + blob<float>(realBias);
    codeTypes.push_back(tensorType({channels}, "i32"));
    realTypes.push_back(tensorType({channels}, "f32"));
    levels.codes.pop_back();
    levels.reals.pop_back();
  }
  std::string real = tensorType(c.result, "f32"),
              code = tensorType(c.result, quantType(levels.output));
  levels.quantized = makeModule(c, codeTypes, code, codeConstants, codeBlobs,
                                "return %y : " + code + "\n", code, contract);
  levels.simulated = makeModule(c, realTypes, real, realConstants, realBlobs,
                                "%q = qopt.fake_quant %y as " + quantType(levels.output) + " : (" +
                                    real + ") -> " + real + "\nreturn %q : " + real + "\n",
                                real, contract);
  return levels;
}

TEST_P(LevelAgreement, OpByOp) {
  for (const OpCase &c : kCases) {
    int64_t differing = 0, total = 0;
    for (int repeat = 0; repeat < 8; ++repeat) {
      Levels levels = makeLevels(c, *this, contractName(GetParam()));
      auto run = [&](const std::string &text, ArrayRef<Tensor> inputs) {
        auto module = parseSourceString<ModuleOp>(text, &context);
        EXPECT_TRUE(module) << text.substr(0, 2000);
        auto interpreter =
            llvm::cantFail(Interpreter::create(*module->getOps<func::FuncOp>().begin()));
        return llvm::cantFail(interpreter.run(inputs)).front();
      };
      Tensor quantized = run(levels.quantized, levels.codes);
      Tensor simulated = run(levels.simulated, levels.reals);
      for (auto [code, real] : llvm::zip_equal(quantized.codes(), simulated.reals())) {
        int32_t expected = quantizeValue(real, levels.output);
        ASSERT_LE(std::abs(code - expected), 1) << c.op;
        differing += code != expected;
        ++total;
      }
    }
    if (GetParam() == numerics::Contract::FixedDouble)
      continue;
    EXPECT_LE(differing, total / 1000 + 1) << c.op << ": " << differing << " of " << total;
  }
}

INSTANTIATE_TEST_SUITE_P(Contracts, LevelAgreement,
                         testing::ValuesIn(numerics::allContracts().begin(),
                                           numerics::allContracts().end()),
                         [](const auto &info) {
                           std::string name = contractName(info.param).str();
                           name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                           return name;
                         });
