// RUN: qopt %s --convert-qopt-fake-quant-to-quantized --split-input-file | FileCheck %s

// The last accumulator becomes f32, and may be moved on its way out.
// CHECK-LABEL: func @float_logits
// CHECK:         %[[Y:.*]] = qopt.matmul {{.*}} -> tensor<1x2xf32>
// CHECK-NEXT:    %[[R:.*]] = qopt.reshape %[[Y]] : (tensor<1x2xf32>) -> tensor<2xf32>
// CHECK-NEXT:    return %[[R]]
func.func @float_logits(%x: tensor<1x4xf32>) -> tensor<2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %w = qopt.constant dense<0.5> : tensor<2x4xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %y = qopt.matmul %0, %1 : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
  %r = qopt.reshape %y : (tensor<1x2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}

// -----

// conv + add round once: the convolution takes the residual and the addition's clamp, and moves
// behind the residual's producer.
// CHECK-LABEL: func @residual
// CHECK:         %[[X:.*]] = qopt.quantize
// CHECK:         %[[POOL:.*]] = qopt.avg_pool2d %[[X]]
// CHECK-NEXT:    %[[Y:.*]] = qopt.conv2d %[[X]], %{{.*}} residual %[[POOL]]
// CHECK-SAME:      clamp_min = array<f32: 0.000000e+00>
// CHECK-SAME:      qopt.layer = "c"
// CHECK-NOT:     qopt.add
// CHECK:         qopt.dequantize %[[Y]]
func.func @residual(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %w = qopt.constant dense<0.5> : tensor<1x1x1x1xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %y = qopt.conv2d %0, %1 {qopt.layer = "c"} : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %p = qopt.avg_pool2d %0 {kernel = array<i64: 1, 1>} : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %q = qopt.fake_quant %p as !quant.uniform<i8:f32, 0.25> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %s = qopt.add %y, %q {clamp_min = array<f32: 0.0>} : (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %2 = qopt.fake_quant %s as !quant.uniform<i8:f32, 1.0:3> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  return %2 : tensor<1x2x2x1xf32>
}

// -----

// A rounded convolution stays apart, though the other operand is an unrounded one that is fused.
// CHECK-LABEL: func @one_rounded
// CHECK:         qopt.conv2d {{.*}}qopt.layer = "rounded"
// CHECK:         qopt.conv2d {{.*}}residual {{.*}}qopt.layer = "fused"
// CHECK-NOT:     qopt.add
func.func @one_rounded(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %w = qopt.constant dense<0.5> : tensor<1x1x1x1xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %a = qopt.conv2d %0, %1 {qopt.layer = "fused"} : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %b = qopt.conv2d %0, %1 {qopt.layer = "rounded"} : (tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x2x1xf32>
  %q = qopt.fake_quant %b as !quant.uniform<i8:f32, 0.25> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %s = qopt.add %q, %a : (tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  %2 = qopt.fake_quant %s as !quant.uniform<i8:f32, 1.0:3> : (tensor<1x2x2x1xf32>) -> tensor<1x2x2x1xf32>
  return %2 : tensor<1x2x2x1xf32>
}

// -----

// Operands of one type move as they are; others are requantized to the type that follows.
// CHECK-DAG:   ![[A:.*]] = !quant.uniform<i8:f32, 5.000000e-01>
// CHECK-DAG:   ![[B:.*]] = !quant.uniform<i8:f32, 2.500000e-01>
// CHECK-DAG:   ![[C:.*]] = !quant.uniform<i8:f32, 1.000000e+00>
// CHECK-LABEL: func @concat
// CHECK:         %[[X:.*]] = qopt.quantize %{{.*}} -> tensor<1x2x![[A]]>
// CHECK:         %[[SAME:.*]] = qopt.concat %[[X]], %[[X]] {{.*}} -> tensor<1x4x![[A]]>
// CHECK:         %[[Y:.*]] = qopt.requantize %[[X]] : {{.*}} -> tensor<1x2x![[B]]>
// CHECK:         %[[XC:.*]] = qopt.requantize %[[X]] : {{.*}} -> tensor<1x2x![[C]]>
// CHECK:         %[[YC:.*]] = qopt.requantize %[[Y]] : {{.*}} -> tensor<1x2x![[C]]>
// CHECK:         %[[OTHER:.*]] = qopt.concat %[[XC]], %[[YC]]
// CHECK:         qopt.dequantize %[[SAME]]
// CHECK:         qopt.dequantize %[[OTHER]]
func.func @concat(%x: tensor<1x2xf32>) -> (tensor<1x4xf32>, tensor<1x4xf32>) {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.concat %0, %0 {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %2 = qopt.fake_quant %0 as !quant.uniform<i8:f32, 0.25> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %3 = qopt.concat %0, %2 {axis = 1} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  %4 = qopt.fake_quant %3 as !quant.uniform<i8:f32, 1.0> : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %1, %4 : tensor<1x4xf32>, tensor<1x4xf32>
}

// -----

// Codes below zero are divided by 4, ties to even: -128, -127 (-31.75), -126 (-31.5) -> -32 (0xE0).
// CHECK-LABEL: func @lookup
// CHECK:         %[[T:.*]] = qopt.constant dense_resource<[[TABLE:.*]]> : tensor<256xi8>
// CHECK:         qopt.lookup %{{.*}}, %[[T]] {qopt.layer = "act"}
// CHECK:         [[TABLE]]: "0x10000000E0E0E0E1E1E1E2E2E2E2E2E3
// CHECK-SAME:      FFFFFF0000000102{{.*}}7D7E7F"
func.func @lookup(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.unary leaky_relu %0 {alpha = 0.25 : f32, qopt.layer = "act"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.fake_quant %1 as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// CHECK-LABEL: func @softmax
// CHECK:         qopt.softmax %{{.*}} -> tensor<1x2x!{{.*}}>
// CHECK-NEXT:    qopt.dequantize
func.func @softmax(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.softmax %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.fake_quant %1 as !quant.uniform<i8:f32, 0.00390625:-128> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
