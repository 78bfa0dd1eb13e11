// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every layer between convolutions: its operands and its result lie in buffers with halos and with
// pixels padded to whole words.
#include "NetworkTester.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

namespace {

/// Text of networks conv -> layer -> conv, with the weights that they need.
class Networks {
public:
  /// `layer` is the text of an op on %a and %b, two tensors of 1x8x7x9 elements; its result has
  /// `height` x `width` x `channels`.
  void add(llvm::StringRef name, llvm::StringRef layer, int height, int width, int channels) {
    std::string kernel = addWeights(name, 4 * 9 * channels);
    text += llvm::formatv(kNetwork, name, layer, height, width, channels, kernel).str();
  }

  std::string getText() {
    std::string first = addWeights("first", 9 * 9 * 3), second = addWeights("second", 9 * 9 * 3);
    return kTypes + text + "{-# dialect_resources: { builtin: {" + resources + "} } #-}\n";
  }

private:
  static constexpr const char *kTypes = R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.0099999997764825821>
)mlir";
  static constexpr const char *kNetwork = R"mlir(
func.func @{0}(%x: tensor<1x8x7x3x!a>) -> tensor<1x{2}x{3}x4x!a> CONTRACT {{
  %w0 = qopt.constant dense_resource<first> : tensor<9x3x3x3x!w>
  %w1 = qopt.constant dense_resource<second> : tensor<9x3x3x3x!w>
  %w2 = qopt.constant dense_resource<{5}> : tensor<4x3x3x{4}x!w>
  %a = qopt.conv2d %x, %w0 {{pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x8x7x3x!a>, tensor<9x3x3x3x!w>) -> tensor<1x8x7x9x!a>
  %b = qopt.conv2d %x, %w1 {{pads = array<i64: 1, 1, 1, 1>, clamp_min = array<f32: -2.0>}
       : (tensor<1x8x7x3x!a>, tensor<9x3x3x3x!w>) -> tensor<1x8x7x9x!a>
  %l = {1} -> tensor<1x{2}x{3}x{4}x!a>
  %y = qopt.conv2d %l, %w2 {{pads = array<i64: 1, 1, 1, 1>}
       : (tensor<1x{2}x{3}x{4}x!a>, tensor<4x3x3x{4}x!w>) -> tensor<1x{2}x{3}x4x!a>
  return %y : tensor<1x{2}x{3}x4x!a>
}
)mlir";

  /// A resource of `count` weights, small enough for codes that do not all saturate.
  std::string addWeights(llvm::StringRef name, int count) {
    std::string bytes = std::string("\x01\0\0\0", 4);
    for (int i = 0; i < count; ++i)
      bytes += static_cast<char>((i * 29 + count) % 95 - 47);
    resources +=
        (resources.empty() ? "" : ", ") + name.str() + ": \"0x" + llvm::toHex(bytes) + "\"";
    return name.str();
  }

  std::string text, resources;
};

} // namespace

TEST(LayerLayouts, Arithmetic) {
  Networks networks;
  networks.add("sum", "qopt.add %a, %b : (tensor<1x8x7x9x!a>, tensor<1x8x7x9x!a>)", 8, 7, 9);
  networks.add("clamped_difference",
               "qopt.sub %a, %b {clamp_max = array<f32: 1., 2., 3., 4., 5., 6., 7., 8., 9.>}"
               " : (tensor<1x8x7x9x!a>, tensor<1x8x7x9x!a>)",
               8, 7, 9);
  networks.add("product", "qopt.mul %a, %b : (tensor<1x8x7x9x!a>, tensor<1x8x7x9x!a>)", 8, 7, 9);
  networks.add("clamp",
               "qopt.clamp %a {clamp_min = array<f32: 1., -2., 3., 0., 5., 6., 7., -8., 9.>}"
               " : (tensor<1x8x7x9x!a>)",
               8, 7, 9);
  networks.add("average",
               "qopt.avg_pool2d %a {kernel = array<i64: 3, 2>, pads = array<i64: 1, 0, 1, 1>}"
               " : (tensor<1x8x7x9x!a>)",
               8, 7, 9);
  networks.add("largest",
               "qopt.max_pool2d %a {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, "
               "pads = array<i64: 1, 1, 1, 1>} : (tensor<1x8x7x9x!a>)",
               4, 4, 9);
  networks.add("mean",
               "qopt.reduce_mean %a {axes = array<i64: 1, 2>, keep_dims} : (tensor<1x8x7x9x!a>)", 1,
               1, 9);
  networks.add("channel_mean",
               "qopt.reduce_mean %a {axes = array<i64: 3>, keep_dims} : (tensor<1x8x7x9x!a>)", 8, 7,
               1);
  qopt::test::expectCompiledEqualsReference(networks.getText(), {"fp32", "fixed"});
}

TEST(LayerLayouts, Movement) {
  Networks networks;
  networks.add("concat",
               "qopt.concat %a, %b {axis = 3 : i64} : (tensor<1x8x7x9x!a>, tensor<1x8x7x9x!a>)", 8,
               7, 18);
  networks.add("concat_columns",
               "qopt.concat %a, %b {axis = 2 : i64} : (tensor<1x8x7x9x!a>, tensor<1x8x7x9x!a>)", 8,
               14, 9);
  networks.add("pad",
               "qopt.pad %a {low = array<i64: 0, 1, 2, 1>, high = array<i64: 0, 0, 1, 1>}"
               " : (tensor<1x8x7x9x!a>)",
               9, 10, 11);
  networks.add("slice",
               "qopt.slice %a {starts = array<i64: 0, 1, 0, 2>, steps = array<i64: 1, 2, 3, 1>}"
               " : (tensor<1x8x7x9x!a>)",
               3, 3, 5);
  networks.add("turned",
               "qopt.transpose %a {permutation = array<i64: 0, 2, 1, 3>} : (tensor<1x8x7x9x!a>)", 7,
               8, 9);
  networks.add("rotated",
               "qopt.transpose %a {permutation = array<i64: 0, 3, 1, 2>} : (tensor<1x8x7x9x!a>)", 9,
               8, 7);
  networks.add("doubled",
               "qopt.resize_nearest %a {scales = array<i64: 2, 1>} : (tensor<1x8x7x9x!a>)", 16, 7,
               9);
  networks.add("reshaped", "qopt.reshape %a : (tensor<1x8x7x9x!a>)", 4, 7, 18);
  qopt::test::expectCompiledEqualsReference(networks.getText(), {"fp32"});
}
