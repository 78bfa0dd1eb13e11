// RUN: rm -rf %t && mkdir %t
// RUN: %python -c "print(open('%s').read().replace('WEIGHTS', '07' * 4096))" > %t/net.mlir
// RUN: qopt-compile %t/net.mlir -o %t --target=hexagon-hvx --dump-asm=pointwise | FileCheck %s

// Pixels of half a vector of HVX: what is stored of a vector is stored under a mask. LLVM would read
// the rest, and write it back where another task may have written in the meantime.
// CHECK-NOT: if ({{!?}}p{{[0-3].*}}) vmem{{.*}} = v
// CHECK:     if ({{!?}}q{{[0-3]}}) vmem{{.*}} = v
// CHECK-NOT: if ({{!?}}p{{[0-3].*}}) vmem{{.*}} = v
!in = !quant.uniform<i8:f32, 0.0625:-3>
!weight = !quant.uniform<i8<-127:127>:f32, 0.0078125>
!out = !quant.uniform<i8:f32, 0.125:5>
func.func @net(%x: tensor<1x5x13x64x!in>) -> tensor<1x5x13x64x!out>
    attributes {qopt.contract = #qopt.contract<fixed>} {
  %w = qopt.constant dense_resource<weights> : tensor<64x1x1x64x!weight>
  %0 = qopt.conv2d %x, %w {qopt.layer = "pointwise"}
      : (tensor<1x5x13x64x!in>, tensor<64x1x1x64x!weight>) -> tensor<1x5x13x64x!out>
  return %0 : tensor<1x5x13x64x!out>
}
{-# dialect_resources: { builtin: { weights: "0x01000000WEIGHTS" } } #-}
