// Windows that reach over every border, on enough rows for several tasks.
!q = !quant.uniform<i8:f32, 0.5>
!w = !quant.uniform<i8<-127:127>:f32, 0.125>
func.func @second(%x: tensor<1x24x24x4xf32>) -> tensor<1x24x24x1xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.quantize %x : (tensor<1x24x24x4xf32>) -> tensor<1x24x24x4x!q>
  %w = qopt.constant dense_resource<weights> : tensor<1x3x3x4x!w>
  %1 = qopt.conv2d %0, %w {pads = array<i64: 1, 1, 1, 1>}
      : (tensor<1x24x24x4x!q>, tensor<1x3x3x4x!w>) -> tensor<1x24x24x1x!q>
  %2 = qopt.dequantize %1 : (tensor<1x24x24x1x!q>) -> tensor<1x24x24x1xf32>
  return %2 : tensor<1x24x24x1xf32>
}
{-# dialect_resources: { builtin: {
  weights: "0x04000000020202020202020202020202020202020202020202020202020202020202020202020202"
} } #-}
