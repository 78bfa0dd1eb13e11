// Two inputs and two outputs of stored values; no arena.
!q = !quant.uniform<i8:f32, 0.5:3>
func.func @first(%a: tensor<2x5x!q> {qopt.name = "a"}, %b: tensor<2x5x!q> {qopt.name = "b"})
    -> (tensor<2x5x!q> {qopt.name = "sum"}, tensor<2x5xf32> {qopt.name = "real"})
    attributes {qopt.contract = #qopt.contract<fp32>} {
  %0 = qopt.add %a, %b : (tensor<2x5x!q>, tensor<2x5x!q>) -> tensor<2x5x!q>
  %1 = qopt.dequantize %a : (tensor<2x5x!q>) -> tensor<2x5xf32>
  return %0, %1 : tensor<2x5x!q>, tensor<2x5xf32>
}
