// RUN: qopt %s --convert-qopt-fake-quant-to-quantized --split-input-file --verify-diagnostics
// RUN: not qopt %s --convert-qopt-fake-quant-to-quantized=contract=exact 2>&1 | FileCheck %s --check-prefix=CONTRACT
// RUN: not qopt %s --convert-qopt-fake-quant-to-quantized=io=int 2>&1 | FileCheck %s --check-prefix=IO

// CONTRACT: unknown contract 'exact': use fp32, fixed, fixed-double or power-of-two
// IO: unknown io option 'int': use float or quantized

func.func @no_conversion_of_other_dialects(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{arith.negf has no place on the quantized level}}
  %y = arith.negf %x : tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

func.func @no_conversion_of_batch_norm(%x: tensor<1x2xf32>, %p: tensor<2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'bn' (qopt.batch_norm): exists on the float level only; fold it with qopt-fold-batch-norm before observers are inserted}}
  %y = qopt.batch_norm %0, %p, %p, %p, %p {epsilon = 1.0e-3 : f32, qopt.layer = "bn"}
       : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

func.func @no_conversion_of_observers(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{observer 'a' is left; run qopt-nudge-ranges first}}
  %y = qopt.observe %x {name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

func.func @no_conversion_when_rounded_nowhere(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'sum' (qopt.add): its result is rounded nowhere; put a qopt.fake_quant after it}}
  %y = qopt.add %0, %0 {qopt.layer = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

func.func @no_conversion_when_rounded_twice(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'sum' (qopt.add): is rounded to two different types; keep one fake_quant}}
  %y = qopt.add %0, %0 {qopt.layer = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.fake_quant %y as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.fake_quant %y as !quant.uniform<i8:f32, 0.25> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1, %2 : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

func.func @no_conversion_when_read_unrounded(%x: tensor<1x2xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'sum' (qopt.add): is read both rounded and unrounded (by func.return); let all read the fake_quant}}
  %y = qopt.add %0, %0 {qopt.layer = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.fake_quant %y as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1, %y : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

func.func @no_conversion_of_float_operands(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  // expected-error @+1 {{layer 'sum' (qopt.add): operand 0 is on no grid; put a qopt.fake_quant on it}}
  %y = qopt.add %x, %x {qopt.layer = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.fake_quant %y as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

func.func @no_conversion_of_float_weights(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): its weights are on no grid; put a qopt.fake_quant on them}}
  %y = qopt.matmul %0, %w {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @no_conversion_of_computed_bias(%x: tensor<1x2xf32>, %b: tensor<1xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): the bias must be an f32 constant to be quantized}}
  %y = qopt.matmul %0, %1 bias %b {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// 2^31 / (0.5 * 0.25) does not fit.
func.func @no_conversion_of_large_bias(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 0.25> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %b = qopt.constant dense<2147483648.0> : tensor<1xf32>
  // expected-error @+1 {{layer 'fc' (qopt.matmul): channel 0: }}
  %y = qopt.matmul %0, %1 bias %b {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

func.func @no_conversion_of_unlike_operands(%x: tensor<1x2xf32>) -> tensor<1x4xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.25> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'cat' (qopt.concat): moves bytes, so its operands must be of one type; give them the same fake_quant, or put one after it to which they are requantized}}
  %2 = qopt.concat %0, %1 {axis = 1, qopt.layer = "cat"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
  return %2 : tensor<1x4xf32>
}

// -----

func.func @no_conversion_to_per_axis_activations(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  // expected-error @+1 {{layer 'sum' (qopt.add): activations are quantized per tensor, not per axis}}
  %y = qopt.add %0, %0 {qopt.layer = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.fake_quant %y as !quant.uniform<i8:f32:1, {0.5, 0.25}> : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
