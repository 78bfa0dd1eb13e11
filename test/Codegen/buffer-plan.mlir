// RUN: qopt %s --split-input-file --qopt-lower-to-kernels=target=generic | FileCheck %s

// Layouts and copies of the buffer plan, as the steps show them.

!q = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.125>

// A caller's tensor has no halo: what reads over its border gets a copy with one. The copy fills
// the halo itself.
// CHECK-LABEL: network = "halo_of_argument"
// CHECK: func.func private @halo_of_argument_step0_copy
// CHECK: call @copy_layout
// CHECK: call @fill_halo
// CHECK: func.func private @halo_of_argument_step1_qopt_conv2d
func.func @halo_of_argument(%x: tensor<1x4x4x4x!q>) -> tensor<1x4x4x1x!q>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %w = qopt.constant dense_resource<weights> : tensor<1x3x3x4x!w>
  %0 = qopt.conv2d %x, %w {pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x4x4x4x!q>, tensor<1x3x3x4x!w>) -> tensor<1x4x4x1x!q>
  return %0 : tensor<1x4x4x1x!q>
}
{-# dialect_resources: { builtin: {
  weights: "0x04000000020202020202020202020202020202020202020202020202020202020202020202020202"
} } #-}

// -----

!q = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.125>

// The producer fills the halo that its user wants, in the same step; no copy.
// CHECK-LABEL: network = "halo_of_producer"
// CHECK-NOT: copy_layout
// CHECK: func.func private @halo_of_producer_step0_qopt_quantize
// CHECK: call @quantize
// CHECK: call @fill_halo
// CHECK-NOT: copy_layout
// CHECK: func.func private @halo_of_producer_step1_qopt_conv2d
// CHECK-NOT: fill_halo
// CHECK: return
func.func @halo_of_producer(%x: tensor<1x4x4x4xf32>) -> tensor<1x4x4x1x!q>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %q = qopt.quantize %x : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4x!q>
  %w = qopt.constant dense_resource<weights> : tensor<1x3x3x4x!w>
  %0 = qopt.conv2d %q, %w {pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x4x4x4x!q>, tensor<1x3x3x4x!w>) -> tensor<1x4x4x1x!q>
  return %0 : tensor<1x4x4x1x!q>
}
{-# dialect_resources: { builtin: {
  weights: "0x04000000020202020202020202020202020202020202020202020202020202020202020202020202"
} } #-}

// -----

!q = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.125>

// One user wants a halo, another wants the bytes in a row (reshape): the second gets a copy, and the
// reshape is no step of its own.
// CHECK-LABEL: network = "halo_and_dense"
// CHECK: func.func private @halo_and_dense_step0_qopt_quantize
// CHECK: call @fill_halo
// CHECK: func.func private @halo_and_dense_step1_qopt_conv2d
// CHECK: func.func private @halo_and_dense_step2_copy
// CHECK-NOT: reshape
// CHECK: func.func private @halo_and_dense_step3_qopt_dequantize
func.func @halo_and_dense(%x: tensor<1x4x4x4xf32>) -> (tensor<1x4x4x1x!q>, tensor<1x64xf32>)
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %q = qopt.quantize %x : (tensor<1x4x4x4xf32>) -> tensor<1x4x4x4x!q>
  %w = qopt.constant dense_resource<weights> : tensor<1x3x3x4x!w>
  %0 = qopt.conv2d %q, %w {pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x4x4x4x!q>, tensor<1x3x3x4x!w>) -> tensor<1x4x4x1x!q>
  %1 = qopt.reshape %q : (tensor<1x4x4x4x!q>) -> tensor<1x64x!q>
  %2 = qopt.dequantize %1 : (tensor<1x64x!q>) -> tensor<1x64xf32>
  return %0, %2 : tensor<1x4x4x1x!q>, tensor<1x64xf32>
}
{-# dialect_resources: { builtin: {
  weights: "0x04000000020202020202020202020202020202020202020202020202020202020202020202020202"
} } #-}

// -----

!q = !quant.uniform<i8:f32, 0.5:3>

// A tensor that is returned lives in the caller's buffer; returned twice, it is copied.
// CHECK: arena_bytes = 0
// CHECK-SAME: network = "returned_twice"
func.func @returned_twice(%x: tensor<1x4xf32>) -> (tensor<1x4x!q>, tensor<1x4x!q>)
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %q = qopt.quantize %x : (tensor<1x4xf32>) -> tensor<1x4x!q>
  return %q, %q : tensor<1x4x!q>, tensor<1x4x!q>
}
// CHECK: func.func private @returned_twice_step0_qopt_quantize
// CHECK: func.func private @returned_twice_step1_copy
