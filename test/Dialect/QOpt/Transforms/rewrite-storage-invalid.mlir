// RUN: qopt %s --qopt-rewrite-storage="zero-points=symmetric weights=narrow" --verify-diagnostics
// RUN: not qopt %s --qopt-rewrite-storage=zero-points=none 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not qopt %s --qopt-rewrite-storage=weights=wide 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// RUN: not qopt %s --qopt-rewrite-storage=signedness=both 2>&1 | FileCheck %s --check-prefix=SIGN

// ZERO: unknown zero-points option 'none': use keep, symmetric or asymmetric
// WEIGHTS: unknown weights option 'wide': use keep, narrow or full
// SIGN: unknown signedness option 'both': use keep, signed or unsigned

!q = !quant.uniform<i8:f32, 0.5>
!relu = !quant.uniform<i8:f32, 0.5:-128>
!w = !quant.uniform<i8:f32, 0.25>

func.func @no_rewrite_when_range_does_not_fit(%x: tensor<1x2x!q>) -> tensor<1x2x!relu> {
  // expected-error @+1 {{layer 's' (qopt.add): its result cannot be rewritten exactly; allow it with exact=false}}
  %y = qopt.add %x, %x {qopt.layer = "s"} : (tensor<1x2x!q>, tensor<1x2x!q>) -> tensor<1x2x!relu>
  return %y : tensor<1x2x!relu>
}

func.func @no_narrowing_when_code_is_used(%x: tensor<1x2x!q>) -> tensor<1x1x!q> {
  %w = qopt.constant dense_resource<w> : tensor<1x2x!w>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its constants cannot be rewritten exactly; allow it with exact=false}}
  %y = qopt.matmul %x, %w {qopt.layer = "fc"} : (tensor<1x2x!q>, tensor<1x2x!w>) -> tensor<1x1x!q>
  return %y : tensor<1x1x!q>
}

{-# dialect_resources: { builtin: { w: "0x100000008001" } } #-}
