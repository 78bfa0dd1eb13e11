// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Choosing the codes of weights on the simulated level.
#ifndef QOPT_ROUNDING_PASSES_TD
#define QOPT_ROUNDING_PASSES_TD

include "mlir/Pass/PassBase.td"

def RoundHessian : Pass<"qopt-round-hessian", "::mlir::ModuleOp"> {
  let summary = "choose the codes of weights by the error that they cause on example data";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Nearest rounding makes the error of every weight small; what counts is the error of the layer's
    output, `(w - ŵ)ᵀ H (w - ŵ)` with `H` the covariance of its inputs. Layer by layer, in order:

    1. the example data runs through the simulated network up to the layer, with all earlier layers
       as they were rounded here, and the covariance of its inputs is summed up in double precision:
       `K x K`, `K` the products in one output element; per group of a grouped convolution, for a
       depthwise convolution one `KH*KW x KH*KW` per channel;
    2. GPTQ (Frantar et al. 2022) rounds the weights of each output channel in order of decreasing
       variance of their inputs; the weights still free make up for each error;
    3. up to `descent-passes` passes give each weight in turn the code that is best given all
       others. By the covariance the result is never worse than nearest rounding;
    4. what the errors add to the mean of the output goes into the bias: `b += (w - ŵ)ᵀ E[x]`.

    Scales and zero points stay. A weight is replaced by the exact value of its code, `f32(q - z) *
    s`, which the fake_quant after it and the conversion to the quantized level leave as it is.

    Every batch is summed on its own and the sums are added in the order of the batches: the number
    of threads does not change a bit. No activation is kept, each layer costs another run over the
    data.

    Before (two inputs that are always equal, on a grid of step 1):
    ```mlir
    %w = qopt.constant dense<[[0.4, 0.4]]> : tensor<1x2xf32>
    %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : ...
    %y = qopt.matmul %0, %1 : ...
    ```
    After: nearest rounding would give 0 + 0, the sum of both is 0.8.
    ```mlir
    %b = qopt.constant dense_resource<bias> : tensor<1xf32> // -0.2 times the mean of the inputs
    %w = qopt.constant dense_resource<weights> : tensor<1x2xf32> // [0, 1]
    %1 = qopt.fake_quant %w as !quant.uniform<i8<-127:127>:f32, 1.0> : ...
    %y = qopt.matmul %0, %1 bias %b : ...
    ```

    Precondition: the simulated level (`qopt-nudge-ranges`). Layers with more than `max-inputs`
    inputs keep nearest rounding (a remark says so): their covariance would take too much memory.

    Refused: no data; no layer with rounded constant weights; data that does not fit the network
    (see `qopt-run-calibration`); several such networks and no `function`; activations that are not
    finite; options out of range.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           "example inputs: .npy with samples along the leading dimension, or a stored .npz with one "
           "array per argument, named by qopt.name">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
    Option<"damping", "damping", "double", "0.01",
           "added to the diagonal of the covariance, as a share (over 0, at most 1) of its mean">,
    Option<"descentPasses", "descent-passes", "unsigned", "4",
           "most passes of coordinate descent after GPTQ">,
    Option<"maxInputs", "max-inputs", "int64_t", "4608",
           "layers with more inputs per output element keep nearest rounding">,
    Option<"progress", "progress", "bool", "false", "print progress on stderr if it is a terminal">,
  ];
  let statistics = [
    Statistic<"numLayers", "layers", "Layers whose weights were chosen by the Hessian">,
    Statistic<"numMoved", "moved-codes", "Weights that got another code than the nearest">,
  ];
}

#endif // QOPT_ROUNDING_PASSES_TD
