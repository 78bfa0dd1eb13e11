// Enough products for four tasks, on a map that no number of tasks divides.
!q = !quant.uniform<i8:f32, 0.015625:-7>
!w = !quant.uniform<i8<-127:127>:f32, 0.0078125>
func.func @wide(%x: tensor<1x97x89x16xf32>) -> tensor<1x97x89x16xf32>
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.quantize %x : (tensor<1x97x89x16xf32>) -> tensor<1x97x89x16x!q>
  %w = qopt.constant dense_resource<weights> : tensor<16x1x1x16x!w>
  %1 = qopt.conv2d %0, %w
      : (tensor<1x97x89x16x!q>, tensor<16x1x1x16x!w>) -> tensor<1x97x89x16x!q>
  %2 = qopt.dequantize %1 : (tensor<1x97x89x16x!q>) -> tensor<1x97x89x16xf32>
  return %2 : tensor<1x97x89x16xf32>
}
{-# dialect_resources: { builtin: {
  weights: "0x04000000a312594e4491c29fff43f4f927e24ab699fd886556e4ef1c44458133f3c5394ebb18729b67d2888687270b837162e230b879ed3a8808b944f171ff0ebcd9bc2eb943f674cb6e86eb576b0f6d259ab0227f3a5dcc9f3fd666397a37017078ed02556a2cb1cec9177a6200597102e5175b89fbbf3f4de8eb2badde0d6234472d3de097f12a039c48aa0658e5dffe3c88f98ccf355a7c1e1815e526acac01bb7c8446b40b6c5d0dbce804d9745914dbf669c5290d1c763b82e3495c537563713e0450a2054810b5ee748ffc5fde120eb47102eafd51dcebd9810a0b204a1dd5f61a884ebb23ae0d16af5d984d0e4d5a526fc28958722d93965f85f4844242c8c0c5"
} } #-}
