// A program outside of this tree finds the installed package, and its own pass runs between ours.
// REQUIRES: install
// RUN: rm -rf %t && mkdir -p %t
// RUN: %python -c "import numpy as np; np.save('%t/x.npy', np.linspace(-9, 9, 16, dtype=np.float32).reshape(8, 2))"
// RUN: %cmake --install %build-dir --prefix %t/prefix > %t/install.log
// RUN: %cmake -S %S -B %t/build -G Ninja -DCMAKE_CXX_COMPILER=%cxx -DCMAKE_PREFIX_PATH=%t/prefix > %t/configure.log
// RUN: %cmake --build %t/build > %t/build.log
// RUN: %t/build/capped-quantize %s %t/x.npy 5.1 | FileCheck %s

// The installed tool runs from where it was put.
// RUN: %t/prefix/bin/qopt %s | FileCheck %s --check-prefix=TOOL
// TOOL: qopt.matmul

// The layer's range ends at the cap: 5.1 / 255 = 0.02, not at 9.
// CHECK: !quant.uniform<i8:f32, 0.01{{999|2}}{{[0-9]*}}:-128>
// CHECK: qopt.matmul {{.*}}qopt.layer = "fc1"
func.func @net(%x: tensor<1x2xf32> {qopt.name = "x"}) -> (tensor<1x2xf32> {qopt.name = "y"}) {
  %w = qopt.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %0 = qopt.matmul %x, %w {qopt.layer = "fc1"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %1 = qopt.clamp %0 {clamp_min = array<f32: 0.0>} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = qopt.matmul %1, %w {qopt.layer = "fc2"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
