// One pointwise layer under the contract that Hexagon's vectors serve.
!q = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.125, 0.0625}>
func.func @dsp(%x: tensor<1x5x7x8x!q>) -> tensor<1x5x7x2x!q>
    attributes {qopt.contract = #qopt.contract<fixed>} {
  %w = qopt.constant dense_resource<weights> : tensor<2x1x1x8x!w>
  %b = qopt.constant dense<100> : tensor<2xi32>
  %0 = qopt.conv2d %x, %w bias %b : (tensor<1x5x7x8x!q>, tensor<2x1x1x8x!w>, tensor<2xi32>) -> tensor<1x5x7x2x!q>
  return %0 : tensor<1x5x7x2x!q>
}
{-# dialect_resources: { builtin: {
  weights: "0x100000000102030405060708FF02FD04FB06F97F"
} } #-}
