// RUN: %python %S/../Calibration/Inputs/make_samples.py %t
// RUN: qopt %s --qopt-prepare | FileCheck %s --check-prefix=FLOAT
// RUN: qopt %s --qopt-prepare --qopt-calibrate="data=%t/samples.npy ranges=%t/ranges.json" > %t/simulated.mlir
// RUN: FileCheck %s --check-prefix=SIMULATED < %t/simulated.mlir
// RUN: qopt %t/simulated.mlir --qopt-quantize | FileCheck %s --check-prefix=QUANTIZED
// RUN: qopt %t/simulated.mlir --qopt-quantize="contract=fixed" | FileCheck %s --check-prefix=FIXED
// RUN: qopt %s --qopt-prepare --qopt-calibrate="ranges=%t/ranges.json logits=quantized" --qopt-quantize="io=quantized" | FileCheck %s --check-prefix=IO
// RUN: not qopt %s --qopt-prepare --qopt-calibrate 2>&1 | FileCheck %s --check-prefix=NODATA

// Each level of one network, printed and read again in between.
// FLOAT-LABEL: func @network
// FLOAT:         qopt.matmul {{.*}}clamp_min = array<f32: 0.000000e+00>
// FLOAT-NOT:     qopt.clamp
// FLOAT:         qopt.matmul

// SIMULATED-LABEL: func @network
// SIMULATED:         qopt.fake_quant
// SIMULATED:         qopt.matmul
// SIMULATED:         qopt.fake_quant
// SIMULATED-NOT:     qopt.observe

// ReLU's bound is implied by the zero point -128 and goes.
// QUANTIZED-LABEL: func @network
// QUANTIZED-SAME:    qopt.contract = #qopt.contract<fp32>
// QUANTIZED:         qopt.quantize
// QUANTIZED:         qopt.matmul {{.*}} {qopt.accumulator_bound = {{[0-9]+}} : i64, qopt.layer = "fc1"}
// QUANTIZED:         %[[Y:.*]] = qopt.matmul {{.*}} -> tensor<1x1xf32>
// QUANTIZED:         return %[[Y]]

// FIXED-LABEL: func @network
// FIXED-SAME:    qopt.contract = #qopt.contract<fixed>

// IO-LABEL: func @network
// IO-SAME:    (%{{.*}}: tensor<1x2x!{{[a-z0-9]+}}> {qopt.name = "image"}) -> (tensor<1x1x!{{[a-z0-9]+}}> {qopt.name = "logits"})
// IO-NOT:     qopt.quantize
// IO-NOT:     qopt.dequantize

// NODATA: calibration needs example inputs (data=X.npy) or ranges (ranges=FILE)
func.func @network(%x: tensor<1x2xf32> {qopt.name = "image"}) -> (tensor<1x1xf32> {qopt.name = "logits"}) {
  %w = qopt.constant dense<[[1.0, -1.0], [0.1, 0.5]]> : tensor<2x2xf32>
  %h = qopt.matmul %x, %w {qopt.layer = "fc1"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %r = qopt.clamp %h {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %v = qopt.constant dense<[[1.0, -1.0]]> : tensor<1x2xf32>
  %y = qopt.matmul %r, %v {qopt.layer = "fc2"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}
