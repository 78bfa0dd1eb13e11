// Every op on its levels: text to text, and text to bytecode to text.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s

!q8 = !quant.uniform<i8:f32, 5.000000e-01:-3>
!r8 = !quant.uniform<i8:f32, 2.500000e-01>
!narrow = !quant.uniform<i8<-127:127>:f32, 1.250000e-01>
!rows = !quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>
!columns = !quant.uniform<i8<-127:127>:f32:2, {5.000000e-01,2.500000e-01,1.250000e-01,1.0}>
!prob = !quant.uniform<i8:f32, 3.906250e-03:-128>

// Types are printed behind aliases.
// CHECK-DAG: ![[QA:qtensor[0-9]*]] = !quant.uniform<i8:f32, 5.000000e-01:-3>
// CHECK-DAG: ![[ROWS:qaxis[0-9]*]] = !quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>

// CHECK-LABEL: func.func @conv2d_float
func.func @conv2d_float(%x: tensor<1x5x5x4xf32> {qopt.name = "image"}, %w: tensor<2x3x3x2xf32>,
                        %b: tensor<2xf32>, %r: tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32> {
  // CHECK: qopt.conv2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} {clamp_max = array<f32: 6.000000e+00, 1.000000e+00>, clamp_min = array<f32: 0.000000e+00>, dilations = array<i64: 1, 2>, groups = 2 : i64, pads = array<i64: 1, 2, 1, 2>, qopt.layer = "conv", strides = array<i64: 2, 2>}
  // CHECK-SAME: (tensor<1x5x5x4xf32>, tensor<2x3x3x2xf32>, tensor<2xf32>, tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  %y = qopt.conv2d %x, %w bias %b residual %r {strides = array<i64: 2, 2>,
         pads = array<i64: 1, 2, 1, 2>, dilations = array<i64: 1, 2>, groups = 2 : i64,
         clamp_min = array<f32: 0.0>, clamp_max = array<f32: 6.0, 1.0>, qopt.layer = "conv"}
       : (tensor<1x5x5x4xf32>, tensor<2x3x3x2xf32>, tensor<2xf32>, tensor<1x3x3x2xf32>)
       -> tensor<1x3x3x2xf32>
  return %y : tensor<1x3x3x2xf32>
}

// CHECK-LABEL: func.func @conv2d_quantized
// CHECK-SAME: qopt.contract = #qopt.contract<fp32>
func.func @conv2d_quantized(%x: tensor<1x4x4x2x!q8>, %b: tensor<2xi32>, %r: tensor<1x4x4x2x!q8>)
    -> (tensor<1x4x4x2x!r8>, tensor<1x4x4x2xf32>) attributes {qopt.contract = #qopt.contract<fp32>} {
  // CHECK: qopt.constant dense_resource<weights> : tensor<2x1x1x2x![[ROWS]]>
  %w = qopt.constant dense_resource<weights> : tensor<2x1x1x2x!rows>
  // CHECK: qopt.conv2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} : (tensor<1x4x4x2x![[QA]]>, tensor<2x1x1x2x![[ROWS]]>, tensor<2xi32>,
  %y = qopt.conv2d %x, %w bias %b residual %r
     : (tensor<1x4x4x2x!q8>, tensor<2x1x1x2x!rows>, tensor<2xi32>, tensor<1x4x4x2x!q8>)
     -> tensor<1x4x4x2x!r8>
  // CHECK: qopt.conv2d %{{.*}}, %{{.*}} : {{.*}} -> tensor<1x4x4x2xf32>
  %z = qopt.conv2d %x, %w : (tensor<1x4x4x2x!q8>, tensor<2x1x1x2x!rows>) -> tensor<1x4x4x2xf32>
  return %y, %z : tensor<1x4x4x2x!r8>, tensor<1x4x4x2xf32>
}

// CHECK-LABEL: func.func @depthwise
func.func @depthwise(%x: tensor<1x4x4x2x!q8>, %w: tensor<3x3x4x!columns>, %b: tensor<4xi32>)
    -> tensor<1x4x4x4x!r8> {
  // CHECK: qopt.depthwise_conv2d %{{.*}}, %{{.*}} bias %{{.*}} {pads = array<i64: 1, 1, 1, 1>}
  %y = qopt.depthwise_conv2d %x, %w bias %b {pads = array<i64: 1, 1, 1, 1>}
     : (tensor<1x4x4x2x!q8>, tensor<3x3x4x!columns>, tensor<4xi32>) -> tensor<1x4x4x4x!r8>
  return %y : tensor<1x4x4x4x!r8>
}

// CHECK-LABEL: func.func @matmul
// CHECK-SAME: qopt.contract = #qopt.contract<"fixed-double">
func.func @matmul(%x: tensor<3x2x!q8>, %w: tensor<2x2x!rows>) -> tensor<3x2x!r8>
    attributes {qopt.contract = #qopt.contract<"fixed-double">} {
  // CHECK: qopt.matmul %{{.*}}, %{{.*}} {clamp_min = array<f32: 0.000000e+00>}
  %y = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>}
     : (tensor<3x2x!q8>, tensor<2x2x!rows>) -> tensor<3x2x!r8>
  return %y : tensor<3x2x!r8>
}

// CHECK-LABEL: func.func @batch_norm
func.func @batch_norm(%x: tensor<1x2x2x3xf32>, %p: tensor<3xf32>) -> tensor<1x2x2x3xf32> {
  // CHECK: qopt.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {epsilon = 9.99999974E-6 : f32}
  %y = qopt.batch_norm %x, %p, %p, %p, %p {epsilon = 1.0e-5 : f32}
     : (tensor<1x2x2x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
     -> tensor<1x2x2x3xf32>
  return %y : tensor<1x2x2x3xf32>
}

// CHECK-LABEL: func.func @elementwise
func.func @elementwise(%a: tensor<1x2x2x4x!q8>, %b: tensor<1x1x1x4x!r8>, %f: tensor<1x4xf32>)
    -> tensor<1x4xf32> {
  // CHECK: qopt.add %{{.*}}, %{{.*}} {clamp_min = array<f32: 0.000000e+00>}
  %0 = qopt.add %a, %b {clamp_min = array<f32: 0.0>}
     : (tensor<1x2x2x4x!q8>, tensor<1x1x1x4x!r8>) -> tensor<1x2x2x4x!q8>
  // CHECK: qopt.sub
  %1 = qopt.sub %0, %b : (tensor<1x2x2x4x!q8>, tensor<1x1x1x4x!r8>) -> tensor<1x2x2x4x!q8>
  // CHECK: qopt.mul
  %2 = qopt.mul %1, %b : (tensor<1x2x2x4x!q8>, tensor<1x1x1x4x!r8>) -> tensor<1x2x2x4x!q8>
  // CHECK: qopt.clamp %{{.*}} {clamp_max = array<f32: 1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00>}
  %3 = qopt.clamp %2 {clamp_max = array<f32: 1.0, 2.0, 3.0, 4.0>}
     : (tensor<1x2x2x4x!q8>) -> tensor<1x2x2x4x!q8>
  %t = qopt.constant dense_resource<table> : tensor<256xi8>
  // CHECK: qopt.lookup %{{.*}}, %{{.*}} : ({{.*}}, tensor<256xi8>)
  %4 = qopt.lookup %3, %t : (tensor<1x2x2x4x!q8>, tensor<256xi8>) -> tensor<1x2x2x4x!r8>
  // CHECK: qopt.unary hard_sigmoid %{{.*}} {alpha = 2.000000e-01 : f32, beta = 5.000000e-01 : f32}
  %5 = qopt.unary hard_sigmoid %f {alpha = 0.2 : f32, beta = 0.5 : f32}
     : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %5 : tensor<1x4xf32>
}

// CHECK-LABEL: func.func @softmax
func.func @softmax(%x: tensor<1x4x!q8>) -> (tensor<1x4x!prob>, tensor<1x4xf32>) {
  // CHECK: qopt.softmax
  %0 = qopt.softmax %x : (tensor<1x4x!q8>) -> tensor<1x4x!prob>
  // CHECK: qopt.softmax %{{.*}} -> tensor<1x4xf32>
  %1 = qopt.softmax %x : (tensor<1x4x!q8>) -> tensor<1x4xf32>
  return %0, %1 : tensor<1x4x!prob>, tensor<1x4xf32>
}

// CHECK-LABEL: func.func @pooling
func.func @pooling(%x: tensor<1x7x7x4x!q8>) -> tensor<1x4x!r8> {
  // CHECK: qopt.max_pool2d %{{.*}} {dilations = array<i64: 2, 1>, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>}
  %0 = qopt.max_pool2d %x {kernel = array<i64: 3, 3>, dilations = array<i64: 2, 1>,
         pads = array<i64: 1, 1, 1, 1>} : (tensor<1x7x7x4x!q8>) -> tensor<1x5x7x4x!q8>
  // CHECK: qopt.avg_pool2d %{{.*}} {count_include_pad, kernel = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, strides = array<i64: 2, 2>}
  %1 = qopt.avg_pool2d %0 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>,
         pads = array<i64: 0, 0, 1, 1>, count_include_pad}
     : (tensor<1x5x7x4x!q8>) -> tensor<1x3x4x4x!r8>
  // CHECK: qopt.reduce_mean %{{.*}} {axes = array<i64: 1, 2>}
  %2 = qopt.reduce_mean %1 {axes = array<i64: 1, 2>} : (tensor<1x3x4x4x!r8>) -> tensor<1x4x!r8>
  // CHECK: qopt.reduce_mean %{{.*}} {axes = array<i64: 1, 2>, keep_dims}
  %3 = qopt.reduce_mean %1 {axes = array<i64: 1, 2>, keep_dims}
     : (tensor<1x3x4x4x!r8>) -> tensor<1x1x1x4x!r8>
  return %2 : tensor<1x4x!r8>
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<1x2x3x4x!q8>) -> tensor<1x2x2x4x!q8> {
  // CHECK: qopt.concat %{{.*}}, %{{.*}} {axis = 2 : i64}
  %0 = qopt.concat %x, %x {axis = 2 : i64}
     : (tensor<1x2x3x4x!q8>, tensor<1x2x3x4x!q8>) -> tensor<1x2x6x4x!q8>
  // CHECK: qopt.pad %{{.*}} {high = array<i64: 0, 0, 1, 0>, low = array<i64: 0, 1, 0, 0>, value = 1.000000e+00 : f32}
  %1 = qopt.pad %0 {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 0, 1, 0>, value = 1.0 : f32}
     : (tensor<1x2x6x4x!q8>) -> tensor<1x3x7x4x!q8>
  // CHECK: qopt.reshape
  %2 = qopt.reshape %1 : (tensor<1x3x7x4x!q8>) -> tensor<1x7x3x4x!q8>
  // CHECK: qopt.transpose %{{.*}} {permutation = array<i64: 0, 2, 1, 3>}
  %3 = qopt.transpose %2 {permutation = array<i64: 0, 2, 1, 3>}
     : (tensor<1x7x3x4x!q8>) -> tensor<1x3x7x4x!q8>
  // CHECK: qopt.slice %{{.*}} {starts = array<i64: 0, 1, 2, 0>, steps = array<i64: 1, 1, 4, 1>}
  %4 = qopt.slice %3 {starts = array<i64: 0, 1, 2, 0>, steps = array<i64: 1, 1, 4, 1>}
     : (tensor<1x3x7x4x!q8>) -> tensor<1x2x2x4x!q8>
  // CHECK: qopt.resize_nearest %{{.*}} {scales = array<i64: 2, 3>}
  %5 = qopt.resize_nearest %4 {scales = array<i64: 2, 3>}
     : (tensor<1x2x2x4x!q8>) -> tensor<1x4x6x4x!q8>
  return %4 : tensor<1x2x2x4x!q8>
}

// CHECK-LABEL: func.func @simulated
func.func @simulated(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: qopt.observe %{{.*}} {calibrator = "percentile", name = "x", range = array<f32: -1.000000e+00, 2.000000e+00>}
  %0 = qopt.observe %x {name = "x", calibrator = "percentile", range = array<f32: -1.0, 2.0>}
     : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: qopt.fake_quant %{{.*}} as !{{qtensor[0-9]*}} :
  %1 = qopt.fake_quant %0 as !q8 : (tensor<2x4xf32>) -> tensor<2x4xf32>
  // CHECK: qopt.fake_quant %{{.*}} as ![[ROWS]] :
  %2 = qopt.fake_quant %1 as !rows : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @casts
func.func @casts(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // CHECK: qopt.quantize
  %0 = qopt.quantize %x : (tensor<2x4xf32>) -> tensor<2x4x!q8>
  // CHECK: qopt.requantize
  %1 = qopt.requantize %0 : (tensor<2x4x!q8>) -> tensor<2x4x!narrow>
  // CHECK: qopt.dequantize
  %2 = qopt.dequantize %1 : (tensor<2x4x!narrow>) -> tensor<2x4xf32>
  return %2 : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @constants
func.func @constants() -> tensor<2xf32> {
  // CHECK: qopt.constant dense<1> : tensor<3xi32>
  %0 = qopt.constant dense<1> : tensor<3xi32>
  // CHECK: qopt.constant {qopt.layer = "offsets"} dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  %1 = qopt.constant {qopt.layer = "offsets"} dense<[1.0, 2.0]> : tensor<2xf32>
  return %1 : tensor<2xf32>
}

// The contracts' names, those with a dash as strings.
// CHECK: @contract_fixed() attributes {qopt.contract = #qopt.contract<fixed>}
func.func private @contract_fixed() attributes {qopt.contract = #qopt.contract<fixed>}
// CHECK: @contract_power() attributes {qopt.contract = #qopt.contract<"power-of-two">}
func.func private @contract_power() attributes {qopt.contract = #qopt.contract<"power-of-two">}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x1000000001020384",
      table: "0x10000000ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"
    }
  }
#-}
