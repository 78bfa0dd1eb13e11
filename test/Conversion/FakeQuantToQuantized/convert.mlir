// RUN: qopt %s --convert-qopt-fake-quant-to-quantized --split-input-file | FileCheck %s
// RUN: qopt %s --convert-qopt-fake-quant-to-quantized="io=quantized contract=fixed" --split-input-file | FileCheck %s --check-prefix=IO

// The documentation's example. Weights 0.5 / 0.25 = 2; bias 1 / (0.5 * 0.25) = 8, -2 / 0.125 = -16.
// CHECK-DAG:   ![[X:.*]] = !quant.uniform<i8:f32, 5.000000e-01>
// CHECK-DAG:   ![[W:.*]] = !quant.uniform<i8<-127:127>:f32, 2.500000e-01>
// CHECK-DAG:   ![[Y:.*]] = !quant.uniform<i8:f32, 1.000000e+00:3>
// CHECK-LABEL: func @fc
// CHECK-SAME:    (%[[ARG:.*]]: tensor<1x4xf32>) -> tensor<1x2xf32>
// CHECK-SAME:    qopt.contract = #qopt.contract<fp32>
// CHECK:         %[[XQ:.*]] = qopt.quantize %[[ARG]] : (tensor<1x4xf32>) -> tensor<1x4x![[X]]>
// CHECK:         %[[WQ:.*]] = qopt.constant dense_resource<[[WEIGHTS:.*]]> : tensor<2x4x![[W]]>
// CHECK:         %[[B:.*]] = qopt.constant dense_resource<[[BIAS:.*]]> : tensor<2xi32>
// CHECK:         %[[M:.*]] = qopt.matmul %[[XQ]], %[[WQ]] bias %[[B]] {{.*}} -> tensor<1x2x![[Y]]>
// CHECK:         %[[D:.*]] = qopt.dequantize %[[M]]
// CHECK:         return %[[D]]
// CHECK-DAG:     [[BIAS]]: "0x1000000008000000F0FFFFFF"
// CHECK-DAG:     [[WEIGHTS]]: "0x100000000202020202020202"

// IO-LABEL:    func @fc
// IO-SAME:       (%[[X:.*]]: tensor<1x4x!{{[a-z0-9]+}}>) -> tensor<1x2x!{{[a-z0-9]+}}>
// IO-SAME:       qopt.contract = #qopt.contract<fixed>
// IO-NOT:        qopt.quantize
// IO:            qopt.matmul %[[X]]
// IO-NEXT:       return
func.func @fc(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %w = qopt.constant dense<0.5> : tensor<2x4xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %b = qopt.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %y = qopt.matmul %0, %1 bias %b : (tensor<1x4xf32>, tensor<2x4xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  %2 = qopt.fake_quant %y as !quant.uniform<i8:f32, 1.0:3> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// Weights along the channel, ties to even: 1.25 / 0.5 = 2.5 -> 2 and 0.75 / 0.5 = 1.5 -> 2 in row 0,
// -0.75 / 0.25 = -3 in row 1.
// CHECK-LABEL: func @per_axis
// CHECK:         qopt.matmul
// CHECK:         "0x100000000202FD00"
func.func @per_axis(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<[[1.25, 0.75], [-0.75, 0.0]]> : tensor<2x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}> : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %y = qopt.matmul %0, %1 : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.fake_quant %y as !quant.uniform<i8:f32, 1.0:3> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
