// RUN: qopt %s --qopt-rewrite-storage=signedness=unsigned | FileCheck %s
// RUN: qopt %s --qopt-rewrite-storage=signedness=unsigned --qopt-rewrite-storage=signedness=signed | FileCheck %s --check-prefix=BACK

!q = !quant.uniform<i8:f32, 0.5:-28>
!p = !quant.uniform<i8:f32, 0.00390625:-128>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>
!n = !quant.uniform<i4:f32, 0.25:1>

// The documentation's example: zero point -28 + 128 = 100.
// CHECK-DAG:   ![[U:.*]] = !quant.uniform<u8:f32, 5.000000e-01:100>
// CHECK-DAG:   ![[PU:.*]] = !quant.uniform<u8:f32, 3.906250e-03>
// CHECK-DAG:   ![[WU:.*]] = !quant.uniform<u8<1:255>:f32, 2.500000e-01:128>
// CHECK-DAG:   ![[NU:.*]] = !quant.uniform<u4:f32, 2.500000e-01:9>
// BACK-DAG:    ![[Q:.*]] = !quant.uniform<i8:f32, 5.000000e-01:-28>
// BACK-DAG:    ![[W:.*]] = !quant.uniform<i8<-127:127>:f32, 2.500000e-01>
// BACK-DAG:    ![[N:.*]] = !quant.uniform<i4:f32, 2.500000e-01:1>

// CHECK-LABEL: func @quantize
// CHECK:         qopt.quantize %{{.*}} -> tensor<1x2x![[U]]>
func.func @quantize(%x: tensor<1x2xf32>) -> tensor<1x2x!q> {
  %y = qopt.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!q>
  return %y : tensor<1x2x!q>
}

// Weights 1, -2 become 129, 126; the bias and what it stands for stay.
// CHECK-LABEL: func @matmul
// CHECK:         qopt.constant dense_resource<[[WEIGHTS:.*]]> : tensor<1x2x![[WU]]>
// CHECK:         qopt.constant dense<-5> : tensor<1xi32>
// CHECK:         qopt.matmul {{.*}} -> tensor<1x1x![[U]]>
// BACK-LABEL:  func @matmul
// BACK:          qopt.constant dense_resource<[[WEIGHTS:.*]]> : tensor<1x2x![[W]]>
func.func @matmul(%x: tensor<1x2x!q>) -> tensor<1x1x!q> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  %b = qopt.constant dense<-5> : tensor<1xi32>
  %y = qopt.matmul %x, %w bias %b : (tensor<1x2x!q>, tensor<1x2x!w>, tensor<1xi32>) -> tensor<1x1x!q>
  return %y : tensor<1x1x!q>
}

// Softmax's zero point is the least storage value on either side; tables keep their order.
// CHECK-LABEL: func @tables
// CHECK:         qopt.softmax %{{.*}} -> tensor<1x2x![[PU]]>
// CHECK:         qopt.constant dense_resource<[[TABLE:.*]]> : tensor<256xi8>
// CHECK:         qopt.lookup %{{.*}} -> tensor<1x2x![[U]]>
// CHECK-NOT:     qopt.requantize
// BACK-LABEL:  func @tables
// BACK:          qopt.constant dense_resource<[[TABLE:.*]]> : tensor<256xi8>
func.func @tables(%x: tensor<1x2x!q>) -> tensor<1x2x!q> {
  %s = qopt.softmax %x : (tensor<1x2x!q>) -> tensor<1x2x!p>
  %t = qopt.constant dense_resource<t> : tensor<256xi8>
  %y = qopt.lookup %s, %t : (tensor<1x2x!p>, tensor<256xi8>) -> tensor<1x2x!q>
  return %y : tensor<1x2x!q>
}

// Four bits move by 8.
// CHECK-LABEL: func @four_bits
// CHECK-SAME:    tensor<1x2x![[NU]]>
func.func @four_bits(%x: tensor<1x2x!n>) -> tensor<1x2x!n> {
  return %x : tensor<1x2x!n>
}

// CHECK-DAG:   [[TABLE]]: "0x10000000808182838485868788898A8B8C8D8E8F
// CHECK-DAG:   [[WEIGHTS]]: "0x10000000817E"
// BACK-DAG:    [[TABLE]]: "0x10000000000102030405060708090A0B0C0D0E0F
// BACK-DAG:    [[WEIGHTS]]: "0x1000000001FE"
{-# dialect_resources: { builtin: {
  w: "0x1000000001FE",
  t: "0x10000000000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"
} } #-}
