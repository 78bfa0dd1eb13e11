// RUN: qopt %s --qopt-rewrite-storage="weights=narrow exact=false" 2>/dev/null | FileCheck %s --check-prefix=NARROW
// RUN: qopt %s --qopt-rewrite-storage=weights=full | FileCheck %s --check-prefix=FULL

!q = !quant.uniform<i8:f32, 0.5>
!axis = !quant.uniform<i8:f32:0, {0.25, 0.5}>
!narrow = !quant.uniform<i8<-127:127>:f32, 0.25>

// Row 0 has -128, so its scale grows by 128/127: -128 -> -127, 64 * 127/128 = 63.5 -> 64 (tie to
// even), and its bias shrinks alike: 256 -> 254. Row 1 stays to the bit.
// NARROW:       ![[W:.*]] = !quant.uniform<i8<-127:127>:f32:0, {0.25196850299835205,5.000000e-01}>
// NARROW-LABEL: func @narrow
// NARROW:         qopt.constant dense_resource<[[WEIGHTS:.*]]> : tensor<2x2x![[W]]>
// NARROW:         qopt.constant dense_resource<[[BIAS:.*]]> : tensor<2xi32>
// NARROW-DAG:     [[WEIGHTS]]: "0x10000000814001FE"
// NARROW-DAG:     [[BIAS]]: "0x10000000FE00000000010000"
func.func @narrow(%x: tensor<1x2x!q>) -> tensor<1x2x!q> {
  %w = qopt.constant dense_resource<w> : tensor<2x2x!axis>
  %b = qopt.constant dense<256> : tensor<2xi32>
  %y = qopt.matmul %x, %w bias %b : (tensor<1x2x!q>, tensor<2x2x!axis>, tensor<2xi32>) -> tensor<1x2x!q>
  return %y : tensor<1x2x!q>
}

// FULL-LABEL: func @full
// FULL:         qopt.constant dense_resource<{{.*}}> : tensor<2x2x![[W:.*]]>
func.func @full(%x: tensor<1x2x!q>) -> tensor<1x2x!q> {
  %w = qopt.constant dense_resource<v> : tensor<2x2x!narrow>
  %y = qopt.matmul %x, %w : (tensor<1x2x!q>, tensor<2x2x!narrow>) -> tensor<1x2x!q>
  return %y : tensor<1x2x!q>
}

{-# dialect_resources: { builtin: { w: "0x10000000804001FE", v: "0x10000000814001FE" } } #-}
