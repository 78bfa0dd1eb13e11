// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Random float networks as MLIR text: every shape of layer that an engine may treat specially.
#ifndef QOPT_TEST_UNIT_EXECUTIONENGINE_RANDOMFLOATNETWORK_H
#define QOPT_TEST_UNIT_EXECUTIONENGINE_RANDOMFLOATNETWORK_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace qopt::test {

class RandomFloatNetwork {
public:
  explicit RandomFloatNetwork(uint32_t seed) : engine(seed) {
    input = {"%x", {2, between(5, 9), between(5, 9), between(1, 20)}};
    values.push_back(input);
    for (int i = 0; i < 10; ++i)
      addLayer();
    finish();
  }

  std::string text() const {
    return "func.func @net(%x: " + type(input.shape) + ") -> (" + resultTypes + ") {\n" + body +
           "}\n{-# dialect_resources: { builtin: {" + blobs + "} } #-}\n";
  }
  int64_t inputSize() const { return count(input.shape); }
  std::vector<int64_t> outputSizes;

private:
  using Shape = std::vector<int64_t>;
  struct Value {
    std::string name;
    Shape shape;
  };

  int64_t between(int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(engine);
  }
  static int64_t count(const Shape &shape) {
    int64_t result = 1;
    for (int64_t dim : shape)
      result *= dim;
    return result;
  }
  static std::string type(const Shape &shape) {
    std::string dims;
    for (int64_t dim : shape)
      dims += std::to_string(dim) + "x";
    return "tensor<" + dims + "f32>";
  }

  std::string constant(const Shape &shape) {
    std::string name = "c" + std::to_string(next++), hex = "0x10000000";
    std::uniform_real_distribution<float> distribution(-0.5f, 0.5f);
    for (int64_t i = 0, end = count(shape); i < end; ++i) {
      float value = distribution(engine);
      char bytes[sizeof value];
      std::memcpy(bytes, &value, sizeof value);
      hex += llvm::toHex(llvm::StringRef(bytes, sizeof value));
    }
    blobs += (blobs.empty() ? "" : ", ") + name + ": \"" + hex + "\"";
    body += "%" + name + " = qopt.constant dense_resource<" + name + "> : " + type(shape) + "\n";
    return "%" + name;
  }

  Value emit(const std::string &op, const std::string &operands, const std::string &attributes,
             const std::string &operandTypes, const Shape &shape) {
    Value result{"%v" + std::to_string(next++), shape};
    body += result.name + " = qopt." + op + " " + operands + " {" + attributes + "} : (" +
            operandTypes + ") -> " + type(shape) + "\n";
    values.push_back(result);
    return result;
  }

  Value pick() { return values[between(0, values.size() - 1)]; }
  /// One bound per channel, as equalization leaves behind.
  std::string bounds(int64_t channels, float lo, float hi) {
    std::uniform_real_distribution<float> distribution(lo, hi);
    std::string text = "array<f32: ";
    for (int64_t c = 0; c < channels; ++c)
      text += (c ? ", " : "") + llvm::formatv("{0:f4}", distribution(engine)).str();
    return text + ">";
  }
  std::string clamp(int64_t channels) {
    switch (between(0, 5)) {
    case 0:
      return "";
    case 1:
      return ", clamp_min = array<f32: 0.0>";
    case 2:
      return ", clamp_min = array<f32: -0.25>, clamp_max = array<f32: 1.5>";
    case 3:
      return ", clamp_min = array<f32: 0.0>, clamp_max = " + bounds(channels, 0.1f, 1.5f);
    case 4:
      return ", clamp_min = " + bounds(channels, -0.5f, 0.1f);
    default:
      return ", clamp_min = " + bounds(channels, -0.5f, 0.1f) +
             ", clamp_max = " + bounds(channels, 0.1f, 1.5f);
    }
  }

  struct Geometry {
    int64_t kernelH, kernelW, outH, outW;
    std::string attributes;
  };
  /// Windows with asymmetric padding; `pool` keeps the padding below the kernel.
  Geometry window(const Value &x, bool pool, bool dilated) {
    int64_t kh = between(1, 3), kw = between(1, 3), sh = between(1, 2), sw = between(1, 2);
    int64_t dh = dilated ? between(1, 2) : 1, dw = dilated ? between(1, 2) : 1;
    int64_t limitH = pool ? kh - 1 : 2, limitW = pool ? kw - 1 : 2;
    int64_t top = between(0, limitH), left = between(0, limitW);
    int64_t bottom = between(0, limitH), right = between(0, limitW);
    auto size = [](int64_t in, int64_t k, int64_t s, int64_t d, int64_t pads) {
      return (in + pads - d * (k - 1) - 1) / s + 1;
    };
    if (x.shape[1] < 4 || x.shape[2] < 4)
      kh = kw = sh = sw = dh = dw = 1, top = left = bottom = right = 0;
    std::string dilations =
        dilated ? llvm::formatv(", dilations = array<i64: {0}, {1}>", dh, dw).str() : "";
    return {
        kh, kw, size(x.shape[1], kh, sh, dh, top + bottom),
        size(x.shape[2], kw, sw, dw, left + right),
        llvm::formatv("strides = array<i64: {0}, {1}>, pads = array<i64: {2}, {3}, {4}, {5}>{6}",
                      sh, sw, top, left, bottom, right, dilations)
            .str()};
  }

  Value conv(const Value &x, int64_t outputs, const Geometry &g, int64_t groups, bool clamped) {
    Shape w{outputs, g.kernelH, g.kernelW, x.shape[3] / groups};
    std::string weights = constant(w), bias = constant({outputs});
    return emit("conv2d", x.name + ", " + weights + " bias " + bias,
                g.attributes + ", groups = " + std::to_string(groups) + " : i64" +
                    (clamped ? clamp(outputs) : ""),
                type(x.shape) + ", " + type(w) + ", " + type({outputs}),
                {x.shape[0], g.outH, g.outW, outputs});
  }

  void addConv() {
    Value x = pick();
    int64_t groups = x.shape[3] % 2 == 0 ? between(1, 2) : 1;
    conv(x, groups * between(1, 20), window(x, false, true), groups, true);
  }
  void addDepthwise() {
    Value x = pick();
    Geometry g = window(x, false, false);
    int64_t outputs = x.shape[3] * between(1, 2);
    Shape w{g.kernelH, g.kernelW, outputs};
    std::string weights = constant(w);
    emit("depthwise_conv2d", x.name + ", " + weights, g.attributes + clamp(outputs),
         type(x.shape) + ", " + type(w), {x.shape[0], g.outH, g.outW, outputs});
  }
  /// x + conv(x), the convolution of one tap: a residual block.
  void addResidual() {
    Value x = pick();
    Geometry same{1, 1, x.shape[1], x.shape[2], "strides = array<i64: 1, 1>"};
    Value left = between(0, 1) ? conv(x, x.shape[3], same, 1, false) : x;
    Value inner = conv(x, 8, same, 1, true);
    Value right = conv(inner, x.shape[3], same, 1, false);
    bool swap = between(0, 1);
    emit("add", (swap ? right : left).name + ", " + (swap ? left : right).name,
         llvm::StringRef(clamp(x.shape[3])).substr(2).str(), // without its comma, if there is one
         type(x.shape) + ", " + type(x.shape), x.shape);
  }
  /// conv, batch normalization and clamp as a framework exports them: ops of their own.
  void addUnfused() {
    Value x = pick();
    Value y = conv(x, between(0, 1) ? x.shape[3] : 4,
                   {1, 1, x.shape[1], x.shape[2], "strides = array<i64: 1, 1>"}, 1, false);
    if (between(0, 2) != 0)
      y = norm(y);
    if (y.shape == x.shape && between(0, 1))
      y = emit("add", x.name + ", " + y.name, "", type(x.shape) + ", " + type(y.shape), y.shape);
    emit("clamp", y.name,
         "clamp_min = array<f32: 0.0>, clamp_max = " +
             (between(0, 1) ? "array<f32: 2.0>" : bounds(y.shape[3], 0.1f, 2.0f)),
         type(y.shape), y.shape);
  }
  Value norm(const Value &x) {
    Shape c{x.shape[3]};
    std::string names = x.name, types = type(x.shape);
    for (int i = 0; i < 4; ++i) {
      std::string parameter = constant(c);
      if (i == 3) // a variance is not negative
        parameter = emit("mul", parameter + ", " + parameter, "", type(c) + ", " + type(c), c).name;
      names += ", " + parameter;
      types += ", " + type(c);
    }
    values.erase(std::remove_if(values.begin(), values.end(),
                                [](const Value &v) { return v.shape.size() != 4; }),
                 values.end());
    return emit("batch_norm", names, "epsilon = 0.01 : f32", types, x.shape);
  }
  void addPool() {
    Value x = pick();
    bool average = between(0, 1);
    Geometry g = window(x, true, !average);
    std::string kernel =
        llvm::formatv("kernel = array<i64: {0}, {1}>, ", g.kernelH, g.kernelW).str();
    emit(average ? "avg_pool2d" : "max_pool2d", x.name,
         kernel + g.attributes + (average && between(0, 1) ? ", count_include_pad" : ""),
         type(x.shape), {x.shape[0], g.outH, g.outW, x.shape[3]});
  }
  void addUnary() {
    static const char *const kinds[] = {"sigmoid", "tanh", "hard_swish",  "leaky_relu",
                                        "elu",     "gelu", "silu",        "softplus",
                                        "abs",     "neg",  "hard_sigmoid"};
    Value x = pick();
    emit(std::string("unary ") + kinds[between(0, 10)], x.name,
         "alpha = 0.2 : f32, beta = 0.5 : f32", type(x.shape), x.shape);
  }
  void addPlain() {
    Value x = pick();
    switch (between(0, 3)) {
    case 0:
      emit("clamp", x.name,
           "clamp_min = " + (between(0, 1) ? "array<f32: -0.5>" : bounds(x.shape[3], -0.5f, 0.0f)),
           type(x.shape), x.shape);
      return;
    case 1:
      emit("mul", x.name + ", " + x.name, "", type(x.shape) + ", " + type(x.shape), x.shape);
      return;
    case 2:
      emit("observe", x.name, "name = \"o\"", type(x.shape), x.shape);
      return;
    default: {
      Shape joined = x.shape;
      joined[3] *= 2;
      if (joined[3] <= 40)
        emit("concat", x.name + ", " + x.name, "axis = 3 : i64",
             type(x.shape) + ", " + type(x.shape), joined);
    }
    }
  }
  void addLayer() {
    switch (between(0, 8)) {
    case 0:
    case 1:
      return addConv();
    case 6:
    case 7:
      return addUnfused();
    case 2:
      return addDepthwise();
    case 3:
      return addResidual();
    case 4:
      return addPool();
    case 5:
      return addUnary();
    default:
      return addPlain();
    }
  }

  /// A classifier on the last map; the map itself, through a reshape, is a second result.
  void finish() {
    Value map = values.back();
    int64_t n = map.shape[0], c = map.shape[3];
    Value flat = emit("reshape", map.name, "", type(map.shape), {n, count(map.shape) / n});
    Value mean = emit("reduce_mean", map.name, "axes = array<i64: 1, 2>", type(map.shape), {n, c});
    std::string weights = constant({5, c}), bias = constant({5});
    Value logits = emit("matmul", mean.name + ", " + weights + " bias " + bias, "",
                        type({n, c}) + ", " + type({5, c}) + ", " + type({5}), {n, 5});
    resultTypes = type(logits.shape) + ", " + type(flat.shape);
    body += "return " + logits.name + ", " + flat.name + " : " + resultTypes + "\n";
    outputSizes = {count(logits.shape), count(flat.shape)};
  }

  std::mt19937 engine;
  Value input;
  std::vector<Value> values;
  std::string body, blobs, resultTypes;
  int next = 0;
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_EXECUTIONENGINE_RANDOMFLOATNETWORK_H
