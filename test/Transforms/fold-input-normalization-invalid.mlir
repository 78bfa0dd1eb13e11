// RUN: qopt %s --split-input-file --verify-diagnostics --qopt-fold-input-normalization="mean=1.0,2.0 deviation=3.0"

// expected-error @below {{takes 2 inputs; pixels are for networks that take one image}}
func.func @no_fold_when_two_inputs(%x: tensor<1x2xf32>, %y: tensor<1x2xf32>) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}

// -----

// expected-error @below {{its image has 3 channels, but 2 means were given}}
func.func @no_fold_when_channels_differ(%x: tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32> {
  return %x : tensor<1x2x2x3xf32>
}

// -----

func.func @no_fold_when_no_layer_reads(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> {
  // expected-error @below {{layer 'root' (qopt.unary): reads the image, and its normalization folds into convolutions and fully connected layers only}}
  %y = qopt.unary sigmoid %x {qopt.layer = "root"} : (tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  return %y : tensor<1x2x2x2xf32>
}

// -----

func.func @no_fold_when_channels_are_mixed(%x: tensor<1x1x1x2xf32>) -> tensor<1x1xf32> {
  %w = qopt.constant dense<1.0> : tensor<1x2xf32>
  %f = qopt.reshape %x : (tensor<1x1x1x2xf32>) -> tensor<1x2xf32>
  // expected-error @below {{layer 'fc' (qopt.matmul): reads an image whose channels it does not tell apart}}
  %y = qopt.matmul %f, %w {qopt.layer = "fc"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// expected-error @below {{takes pixels already}}
func.func @no_fold_when_folded(%x: tensor<1x2xf32> {qopt.pixels = {axis = 1 : i64, deviation = array<f32: 1.0>, mean = array<f32: 0.0>}}) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}

// -----

// expected-error @below {{needs one finite mean and one positive deviation, or one per channel}}
func.func @bad_attribute(%x: tensor<1x2xf32> {qopt.pixels = {axis = 1 : i64, deviation = array<f32: 0.0>, mean = array<f32: 0.0>}}) -> tensor<1x2xf32> {
  return %x : tensor<1x2xf32>
}
