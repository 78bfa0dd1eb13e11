// RUN: qopt %s --qopt-rewrite-storage="zero-points=symmetric exact=false" 2>/dev/null | FileCheck %s --check-prefix=SYM
// RUN: qopt %s --qopt-rewrite-storage="zero-points=asymmetric exact=false" 2>/dev/null | FileCheck %s --check-prefix=ASYM

!relu = !quant.uniform<i8:f32, 0.5:-128>
!sym = !quant.uniform<i8:f32, 1.0>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

// [0, 127.5] on a symmetric grid: scale 127.5 / 127; what saturation at 0 did is a clamp now. The
// accumulator's scale changes with the input's, so the bias -502 of the second layer becomes
// -502 * 127 / 255 = -250.02 -> -250.
// SYM-DAG:     ![[S:.*]] = !quant.uniform<i8:f32, 1.0039370059967041>
// SYM-LABEL:   func @relu
// SYM:           qopt.matmul {{.*}}clamp_min = array<f32: 0.000000e+00>{{.*}} -> tensor<1x2x![[S]]>
// SYM:           qopt.constant dense_resource<[[BIAS:.*]]> : tensor<2xi32>
// SYM:           qopt.matmul {{.*}} -> tensor<1x2xf32>

// A symmetric grid of which ReLU uses half: [0, 127] gets scale 127/255 and zero point -128.
// ASYM-DAG:    ![[A:.*]] = !quant.uniform<i8:f32, 0.49803921580314636:-128>
// ASYM-LABEL:  func @half
// ASYM:          qopt.add {{.*}} -> tensor<1x2x![[A]]>
// ASYM-LABEL:  func @unclamped
// ASYM-SAME:     tensor<1x2x!{{[a-z0-9]+}}>) ->
// ASYM-NEXT:     return
func.func @relu(%x: tensor<1x2x!sym>) -> tensor<1x2xf32> {
  %w = qopt.constant dense_resource<w> : tensor<2x2x!w>
  %y = qopt.matmul %x, %w : (tensor<1x2x!sym>, tensor<2x2x!w>) -> tensor<1x2x!relu>
  %b = qopt.constant dense<-502> : tensor<2xi32>
  %z = qopt.matmul %y, %w bias %b : (tensor<1x2x!relu>, tensor<2x2x!w>, tensor<2xi32>) -> tensor<1x2xf32>
  return %z : tensor<1x2xf32>
}

!s2 = !quant.uniform<i8:f32, 2.0>
func.func @half(%x: tensor<1x2x!s2>) -> tensor<1x2x!sym> {
  %y = qopt.add %x, %x {clamp_min = array<f32: 0.0>} : (tensor<1x2x!s2>, tensor<1x2x!s2>) -> tensor<1x2x!sym>
  return %y : tensor<1x2x!sym>
}

func.func @unclamped(%x: tensor<1x2x!sym>) -> tensor<1x2x!sym> {
  return %x : tensor<1x2x!sym>
}

// Tables and softmax belong to their grids: requantize leads to and from them.
// SYM-LABEL:   func @tables
// SYM-SAME:      %[[X:.*]]: tensor<1x2x![[S]]>
// SYM:           %[[C:.*]] = qopt.clamp %[[X]] {clamp_min = array<f32: 0.000000e+00>}
// SYM:           %[[BACK:.*]] = qopt.requantize %[[C]] : {{.*}} -> tensor<1x2x![[RELU:.*]]>
// SYM:           %[[Y:.*]] = qopt.lookup %[[BACK]], %{{.*}} -> tensor<1x2x![[RELU]]>
// SYM:           %[[ON:.*]] = qopt.requantize %[[Y]] : {{.*}} -> tensor<1x2x![[S]]>
// SYM:           return %[[ON]]
func.func @tables(%x: tensor<1x2x!relu>) -> tensor<1x2x!relu> {
  %t = qopt.constant dense_resource<t> : tensor<256xi8>
  %y = qopt.lookup %x, %t : (tensor<1x2x!relu>, tensor<256xi8>) -> tensor<1x2x!relu>
  return %y : tensor<1x2x!relu>
}

// SYM:         [[BIAS]]: "0x1000000006FFFFFF06FFFFFF"
{-# dialect_resources: { builtin: {
  w: "0x1000000001FE0304",
  t: "0x10000000000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F000102030405060708090A0B0C0D0E0F"
} } #-}
