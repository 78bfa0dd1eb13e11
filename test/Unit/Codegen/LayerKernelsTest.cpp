// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every layer without weights, compiled for scalar and vector row sets, against the interpreter.
// Channel counts of 1, 3, 17, 19 and 40 leave tails behind every vector width; scales that are
// halves of one another make ties; zero points at both ends of the storage make the clamps bite.
#include "NetworkTester.h"

#include <gtest/gtest.h>

using qopt::test::expectCompiledEqualsReference;

TEST(LayerKernels, Quantize) {
  expectCompiledEqualsReference(R"mlir(
!q = !quant.uniform<i8:f32, 0.5:3>
!n = !quant.uniform<i8<-127:127>:f32, 0.10000000149011612>
!e = !quant.uniform<i8:f32, 1.7:-128>
func.func @linear(%x: tensor<2x5x7x19xf32>) -> tensor<2x5x7x19x!q> CONTRACT {
  %0 = qopt.quantize %x : (tensor<2x5x7x19xf32>) -> tensor<2x5x7x19x!q>
  return %0 : tensor<2x5x7x19x!q>
}
func.func @long(%x: tensor<1x5003xf32>) -> tensor<1x5003x!n> CONTRACT {
  %0 = qopt.quantize %x : (tensor<1x5003xf32>) -> tensor<1x5003x!n>
  return %0 : tensor<1x5003x!n>
}
func.func @transposed(%x: tensor<2x3x9x21xf32>) -> tensor<2x9x21x3x!n> CONTRACT {
  %0 = qopt.transpose %x {permutation = array<i64: 0, 2, 3, 1>}
       : (tensor<2x3x9x21xf32>) -> tensor<2x9x21x3xf32>
  %1 = qopt.quantize %0 : (tensor<2x9x21x3xf32>) -> tensor<2x9x21x3x!n>
  return %1 : tensor<2x9x21x3x!n>
}
func.func @back(%x: tensor<1x4x4x17xf32>) -> tensor<1x4x4x17xf32> CONTRACT {
  %0 = qopt.quantize %x : (tensor<1x4x4x17xf32>) -> tensor<1x4x4x17x!q>
  %1 = qopt.dequantize %0 : (tensor<1x4x4x17x!q>) -> tensor<1x4x4x17xf32>
  return %1 : tensor<1x4x4x17xf32>
}
func.func @reshaped(%x: tensor<2x3x8xf32>) -> tensor<2x24xf32> CONTRACT {
  %0 = qopt.quantize %x : (tensor<2x3x8xf32>) -> tensor<2x3x8x!n>
  %1 = qopt.reshape %0 : (tensor<2x3x8x!n>) -> tensor<2x24x!n>
  %2 = qopt.dequantize %1 : (tensor<2x24x!n>) -> tensor<2x24xf32>
  return %2 : tensor<2x24xf32>
}
)mlir",
                                {"fp32"});
}

// A convolution after it makes the buffer's pixels four bytes wide, with a halo.
TEST(LayerKernels, Pixels) {
  expectCompiledEqualsReference(R"mlir(
!q = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.0099999997764825821>
!y = !quant.uniform<i8:f32, 0.25:-5>
func.func @planar(%x: tensor<2x3x9x27xf32>) -> tensor<2x9x27x1x!y> CONTRACT {
  %w = qopt.constant dense_resource<w3> : tensor<1x3x3x3x!w>
  %0 = qopt.quantize %x : (tensor<2x3x9x27xf32>) -> tensor<2x3x9x27x!q>
  %1 = qopt.transpose %0 {permutation = array<i64: 0, 2, 3, 1>}
       : (tensor<2x3x9x27x!q>) -> tensor<2x9x27x3x!q>
  %2 = qopt.conv2d %1, %w {pads = array<i64: 1, 1, 1, 1>}
       : (tensor<2x9x27x3x!q>, tensor<1x3x3x3x!w>) -> tensor<2x9x27x1x!y>
  return %2 : tensor<2x9x27x1x!y>
}
func.func @interleaved(%x: tensor<2x9x27x3xf32>) -> tensor<2x9x27x1x!y> CONTRACT {
  %w = qopt.constant dense_resource<w3> : tensor<1x3x3x3x!w>
  %1 = qopt.quantize %x : (tensor<2x9x27x3xf32>) -> tensor<2x9x27x3x!q>
  %2 = qopt.conv2d %1, %w {pads = array<i64: 1, 1, 1, 1>}
       : (tensor<2x9x27x3x!q>, tensor<1x3x3x3x!w>) -> tensor<2x9x27x1x!y>
  return %2 : tensor<2x9x27x1x!y>
}
func.func @grey(%x: tensor<2x9x27x1xf32>) -> tensor<2x9x27x1x!y> CONTRACT {
  %w = qopt.constant dense_resource<w1> : tensor<1x3x3x1x!w>
  %1 = qopt.quantize %x : (tensor<2x9x27x1xf32>) -> tensor<2x9x27x1x!q>
  %2 = qopt.conv2d %1, %w {pads = array<i64: 1, 1, 1, 1>}
       : (tensor<2x9x27x1x!q>, tensor<1x3x3x1x!w>) -> tensor<2x9x27x1x!y>
  return %2 : tensor<2x9x27x1x!y>
}
{-# dialect_resources: { builtin: {
  w3: "0x01000000017F81050A32E2F6077C120339F4020881017F2C110305D60A1122",
  w1: "0x01000000017F81050A32E2F607"
} } #-}
)mlir",
                                {"fp32"});
}

TEST(LayerKernels, Requantize) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!half = !quant.uniform<i8:f32, 1.0:-7>
!fine = !quant.uniform<i8:f32, 0.125:127>
!odd = !quant.uniform<i8<-127:127>:f32, 0.3700000047683716:-100>
func.func @tie(%x: tensor<3x5x7x19x!a>) -> tensor<3x5x7x19x!half> CONTRACT {
  %0 = qopt.requantize %x : (tensor<3x5x7x19x!a>) -> tensor<3x5x7x19x!half>
  return %0 : tensor<3x5x7x19x!half>
}
func.func @saturate(%x: tensor<1x300x!a>) -> tensor<1x300x!fine> CONTRACT {
  %0 = qopt.requantize %x : (tensor<1x300x!a>) -> tensor<1x300x!fine>
  return %0 : tensor<1x300x!fine>
}
func.func @odd(%x: tensor<1x300x!a>) -> tensor<1x300x!odd> CONTRACT {
  %0 = qopt.requantize %x : (tensor<1x300x!a>) -> tensor<1x300x!odd>
  return %0 : tensor<1x300x!odd>
}
)mlir");
}

TEST(LayerKernels, AddSubMul) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!b = !quant.uniform<i8<-127:127>:f32, 0.25>
!y = !quant.uniform<i8:f32, 1.0:-128>
!z = !quant.uniform<i8:f32, 0.3700000047683716:20>
!w = !quant.uniform<i8:f32, 0.010000000707805157:127>
func.func @tie(%a: tensor<2x5x7x19x!a>, %b: tensor<2x5x7x19x!b>) -> tensor<2x5x7x19x!y> CONTRACT {
  %0 = qopt.add %a, %b : (tensor<2x5x7x19x!a>, tensor<2x5x7x19x!b>) -> tensor<2x5x7x19x!y>
  return %0 : tensor<2x5x7x19x!y>
}
func.func @clamped(%a: tensor<2x5x7x19x!a>, %b: tensor<2x5x7x19x!b>) -> tensor<2x5x7x19x!z> CONTRACT {
  %0 = qopt.add %a, %b {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0>}
       : (tensor<2x5x7x19x!a>, tensor<2x5x7x19x!b>) -> tensor<2x5x7x19x!z>
  return %0 : tensor<2x5x7x19x!z>
}
func.func @per_channel(%a: tensor<1x4x4x3x!a>, %b: tensor<1x4x4x3x!b>) -> tensor<1x4x4x3x!z> CONTRACT {
  %0 = qopt.sub %a, %b {clamp_max = array<f32: 6.0, 1.0, 0.2>}
       : (tensor<1x4x4x3x!a>, tensor<1x4x4x3x!b>) -> tensor<1x4x4x3x!z>
  return %0 : tensor<1x4x4x3x!z>
}
func.func @broadcast(%a: tensor<2x5x7x17x!a>, %b: tensor<2x1x1x17x!b>, %c: tensor<1x5x7x1x!b>)
    -> (tensor<2x5x7x17x!z>, tensor<2x5x7x17x!z>) CONTRACT {
  %0 = qopt.sub %a, %b : (tensor<2x5x7x17x!a>, tensor<2x1x1x17x!b>) -> tensor<2x5x7x17x!z>
  %1 = qopt.add %c, %a : (tensor<1x5x7x1x!b>, tensor<2x5x7x17x!a>) -> tensor<2x5x7x17x!z>
  return %0, %1 : tensor<2x5x7x17x!z>, tensor<2x5x7x17x!z>
}
func.func @twice(%a: tensor<1x45x!a>) -> tensor<1x45x!z> CONTRACT {
  %0 = qopt.add %a, %a : (tensor<1x45x!a>, tensor<1x45x!a>) -> tensor<1x45x!z>
  return %0 : tensor<1x45x!z>
}
func.func @product(%a: tensor<2x5x7x19x!a>, %b: tensor<2x1x1x19x!b>) -> tensor<2x5x7x19x!y> CONTRACT {
  %0 = qopt.mul %a, %b {clamp_max = array<f32: 200.0>}
       : (tensor<2x5x7x19x!a>, tensor<2x1x1x19x!b>) -> tensor<2x5x7x19x!y>
  return %0 : tensor<2x5x7x19x!y>
}
func.func @large_product(%a: tensor<1x200x!a>, %b: tensor<1x200x!b>) -> tensor<1x200x!w> CONTRACT {
  %0 = qopt.mul %a, %b : (tensor<1x200x!a>, tensor<1x200x!b>) -> tensor<1x200x!w>
  return %0 : tensor<1x200x!w>
}
)mlir");
}

TEST(LayerKernels, ClampAndLookup) {
  std::string table = "[";
  for (int i = 0; i < 256; ++i)
    table += (i ? ", " : "") + std::to_string(((i * 37) % 256) - 128);
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!b = !quant.uniform<i8:f32, 0.25:-128>
func.func @clamp(%x: tensor<2x5x7x19x!a>) -> tensor<2x5x7x19x!a> CONTRACT {
  %0 = qopt.clamp %x {clamp_min = array<f32: -3.25>, clamp_max = array<f32: 6.0>}
       : (tensor<2x5x7x19x!a>) -> tensor<2x5x7x19x!a>
  return %0 : tensor<2x5x7x19x!a>
}
func.func @per_channel(%x: tensor<2x5x7x3x!a>) -> tensor<2x5x7x3x!a> CONTRACT {
  %0 = qopt.clamp %x {clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0, 0.3, 50.0>}
       : (tensor<2x5x7x3x!a>) -> tensor<2x5x7x3x!a>
  return %0 : tensor<2x5x7x3x!a>
}
func.func @lookup(%x: tensor<2x5x7x19x!a>) -> tensor<2x5x7x19x!b> CONTRACT {
  %t = qopt.constant dense<)mlir" + table +
                                    R"mlir(]> : tensor<256xi8>
  %0 = qopt.lookup %x, %t : (tensor<2x5x7x19x!a>, tensor<256xi8>) -> tensor<2x5x7x19x!b>
  return %0 : tensor<2x5x7x19x!b>
}
)mlir",
                                {"fp32"});
}

TEST(LayerKernels, Movement) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
func.func @concat_channels(%x: tensor<2x5x7x19x!a>, %y: tensor<2x5x7x3x!a>) -> tensor<2x5x7x22x!a> CONTRACT {
  %0 = qopt.concat %x, %y {axis = 3 : i64}
       : (tensor<2x5x7x19x!a>, tensor<2x5x7x3x!a>) -> tensor<2x5x7x22x!a>
  return %0 : tensor<2x5x7x22x!a>
}
func.func @concat_rows(%x: tensor<2x5x7x9x!a>, %y: tensor<2x2x7x9x!a>) -> tensor<2x7x7x9x!a> CONTRACT {
  %0 = qopt.concat %x, %y {axis = 1 : i64}
       : (tensor<2x5x7x9x!a>, tensor<2x2x7x9x!a>) -> tensor<2x7x7x9x!a>
  return %0 : tensor<2x7x7x9x!a>
}
func.func @pad(%x: tensor<2x5x7x19x!a>) -> tensor<2x8x8x22x!a> CONTRACT {
  %0 = qopt.pad %x {low = array<i64: 0, 1, 0, 2>, high = array<i64: 0, 2, 1, 1>, value = -7.25 : f32}
       : (tensor<2x5x7x19x!a>) -> tensor<2x8x8x22x!a>
  return %0 : tensor<2x8x8x22x!a>
}
func.func @slice(%x: tensor<2x5x7x40x!a>) -> tensor<1x2x3x19x!a> CONTRACT {
  %0 = qopt.slice %x {starts = array<i64: 1, 0, 1, 3>, steps = array<i64: 1, 2, 2, 1>}
       : (tensor<2x5x7x40x!a>) -> tensor<1x2x3x19x!a>
  return %0 : tensor<1x2x3x19x!a>
}
func.func @stepped_channels(%x: tensor<2x5x7x40x!a>) -> tensor<2x5x7x13x!a> CONTRACT {
  %0 = qopt.slice %x {starts = array<i64: 0, 0, 0, 2>, steps = array<i64: 1, 1, 1, 3>}
       : (tensor<2x5x7x40x!a>) -> tensor<2x5x7x13x!a>
  return %0 : tensor<2x5x7x13x!a>
}
func.func @transpose(%x: tensor<2x5x7x19x!a>) -> (tensor<2x19x5x7x!a>, tensor<2x7x5x19x!a>) CONTRACT {
  %0 = qopt.transpose %x {permutation = array<i64: 0, 3, 1, 2>}
       : (tensor<2x5x7x19x!a>) -> tensor<2x19x5x7x!a>
  %1 = qopt.transpose %x {permutation = array<i64: 0, 2, 1, 3>}
       : (tensor<2x5x7x19x!a>) -> tensor<2x7x5x19x!a>
  return %0, %1 : tensor<2x19x5x7x!a>, tensor<2x7x5x19x!a>
}
func.func @transpose_floats(%x: tensor<2x5x7x19x!a>) -> tensor<2x19x5x7xf32> CONTRACT {
  %0 = qopt.dequantize %x : (tensor<2x5x7x19x!a>) -> tensor<2x5x7x19xf32>
  %1 = qopt.transpose %0 {permutation = array<i64: 0, 3, 1, 2>}
       : (tensor<2x5x7x19xf32>) -> tensor<2x19x5x7xf32>
  return %1 : tensor<2x19x5x7xf32>
}
func.func @resize(%x: tensor<2x5x7x19x!a>) -> tensor<2x10x21x19x!a> CONTRACT {
  %0 = qopt.resize_nearest %x {scales = array<i64: 2, 3>}
       : (tensor<2x5x7x19x!a>) -> tensor<2x10x21x19x!a>
  return %0 : tensor<2x10x21x19x!a>
}
func.func @reshape(%x: tensor<2x5x7x19x!a>) -> tensor<10x133x!a> CONTRACT {
  %0 = qopt.reshape %x : (tensor<2x5x7x19x!a>) -> tensor<10x133x!a>
  return %0 : tensor<10x133x!a>
}
)mlir",
                                {"fp32"});
}

TEST(LayerKernels, MaxPool) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!n = !quant.uniform<i8<-127:127>:f32, 0.5>
func.func @padded(%x: tensor<2x9x11x19x!a>) -> tensor<2x5x6x19x!a> CONTRACT {
  %0 = qopt.max_pool2d %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<2x9x11x19x!a>) -> tensor<2x5x6x19x!a>
  return %0 : tensor<2x5x6x19x!a>
}
func.func @plain(%x: tensor<1x8x8x65x!n>) -> tensor<1x4x4x65x!n> CONTRACT {
  %0 = qopt.max_pool2d %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>}
       : (tensor<1x8x8x65x!n>) -> tensor<1x4x4x65x!n>
  return %0 : tensor<1x4x4x65x!n>
}
func.func @dilated(%x: tensor<1x8x8x5x!n>) -> tensor<1x8x7x5x!n> CONTRACT {
  %0 = qopt.max_pool2d %x {kernel = array<i64: 3, 3>, dilations = array<i64: 2, 2>, pads = array<i64: 2, 1, 2, 2>}
       : (tensor<1x8x8x5x!n>) -> tensor<1x8x7x5x!n>
  return %0 : tensor<1x8x7x5x!n>
}
)mlir",
                                {"fp32"});
}

TEST(LayerKernels, AveragePool) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-128>
func.func @exclude(%x: tensor<2x9x11x19x!a>) -> tensor<2x5x6x19x!y> CONTRACT {
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>}
       : (tensor<2x9x11x19x!a>) -> tensor<2x5x6x19x!y>
  return %0 : tensor<2x5x6x19x!y>
}
func.func @include(%x: tensor<2x9x11x19x!a>) -> tensor<2x5x6x19x!y> CONTRACT {
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, count_include_pad}
       : (tensor<2x9x11x19x!a>) -> tensor<2x5x6x19x!y>
  return %0 : tensor<2x5x6x19x!y>
}
func.func @quarter(%x: tensor<1x8x8x17x!a>) -> tensor<1x4x4x17x!a> CONTRACT {
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>}
       : (tensor<1x8x8x17x!a>) -> tensor<1x4x4x17x!a>
  return %0 : tensor<1x4x4x17x!a>
}
func.func @wide(%x: tensor<1x12x12x3x!a>) -> tensor<1x1x1x3x!a> CONTRACT {
  %0 = qopt.avg_pool2d %x {kernel = array<i64: 12, 12>}
       : (tensor<1x12x12x3x!a>) -> tensor<1x1x1x3x!a>
  return %0 : tensor<1x1x1x3x!a>
}
)mlir");
}

TEST(LayerKernels, ReduceMean) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-128>
func.func @global(%x: tensor<2x4x4x40x!a>) -> tensor<2x40x!y> CONTRACT {
  %0 = qopt.reduce_mean %x {axes = array<i64: 1, 2>} : (tensor<2x4x4x40x!a>) -> tensor<2x40x!y>
  return %0 : tensor<2x40x!y>
}
func.func @kept(%x: tensor<1x7x7x19x!a>) -> tensor<1x1x1x19x!a> CONTRACT {
  %0 = qopt.reduce_mean %x {axes = array<i64: 1, 2>, keep_dims} : (tensor<1x7x7x19x!a>) -> tensor<1x1x1x19x!a>
  return %0 : tensor<1x1x1x19x!a>
}
func.func @channels(%x: tensor<2x3x4x19x!a>) -> tensor<2x3x4x!y> CONTRACT {
  %0 = qopt.reduce_mean %x {axes = array<i64: 3>} : (tensor<2x3x4x19x!a>) -> tensor<2x3x4x!y>
  return %0 : tensor<2x3x4x!y>
}
func.func @apart(%x: tensor<2x3x4x19x!a>) -> tensor<3x19x!y> CONTRACT {
  %0 = qopt.reduce_mean %x {axes = array<i64: 0, 2>} : (tensor<2x3x4x19x!a>) -> tensor<3x19x!y>
  return %0 : tensor<3x19x!y>
}
)mlir");
}

TEST(LayerKernels, Softmax) {
  expectCompiledEqualsReference(R"mlir(
!a = !quant.uniform<i8:f32, 0.10000000149011612:3>
!s = !quant.uniform<i8:f32, 3.0>
!p = !quant.uniform<i8:f32, 0.00390625:-128>
func.func @codes(%x: tensor<3x19x!a>) -> tensor<3x19x!p> CONTRACT {
  %0 = qopt.softmax %x : (tensor<3x19x!a>) -> tensor<3x19x!p>
  return %0 : tensor<3x19x!p>
}
func.func @single(%x: tensor<3x1x!s>) -> tensor<3x1x!p> CONTRACT {
  %0 = qopt.softmax %x : (tensor<3x1x!s>) -> tensor<3x1x!p>
  return %0 : tensor<3x1x!p>
}
func.func @floats(%x: tensor<2x3x4x10x!s>) -> tensor<2x3x4x10xf32> CONTRACT {
  %0 = qopt.softmax %x : (tensor<2x3x4x10x!s>) -> tensor<2x3x4x10xf32>
  return %0 : tensor<2x3x4x10xf32>
}
)mlir",
                                {"fp32"});
}
