// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bias correction: what the float network computes on average, and biases that make the integer
// program compute the same.
#ifndef QOPT_BIASCORRECTION_PASSES_TD
#define QOPT_BIASCORRECTION_PASSES_TD

include "mlir/Pass/PassBase.td"

def RecordMeans : Pass<"qopt-record-means", "::mlir::ModuleOp"> {
  let summary = "write on every layer with weights what it computes on average";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Runs the data through the float network and writes, per output channel, the mean over samples
    and pixels on every convolution, depthwise convolution and matmul, and on an addition that the
    conversion will fuse into a convolution as its residual:

    - `qopt.mean_before`: before the clamp (of an addition: the mean of the sum);
    - `qopt.mean_after`: after it.

    `qopt-correct-bias` compares them with the integer program. The attributes stay where they are
    until then; where the conversion fuses a residual addition, its convolution gets those of the
    addition, and its own mean moves to `qopt.mean_accumulator`.

    The mean before the clamp is not observed: a layer is linear in its input, so the mean of its
    sums is its weights times the mean of the inputs that each of them meets (at the border some
    weights meet padding less or more often than others). Layers may therefore keep their clamps
    fused.

    Samples run in parallel, their sums are folded in double precision in the order of the samples:
    the number of threads does not change a bit. No activation is kept.

    Before:
    ```mlir
    %y = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>} : ...
    ```
    After, for data on which the layer computes -1 and 3:
    ```mlir
    %y = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>, qopt.mean_before = array<f32: 1.0>,
                             qopt.mean_after = array<f32: 1.5>} : ...
    ```

    Precondition: the float level, in its last form (after equalization, before observers).

    Refused: no data, or data that `qopt-run-calibration` refuses; a network that is simulated or
    quantized already; several networks and no `function`; means that are NaN or infinite.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           ".npy file with samples along the leading dimension, or a stored .npz with one array per "
           "argument, named by qopt.name">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
  ];
}

def CorrectBias : Pass<"qopt-correct-bias", "::mlir::ModuleOp"> {
  let summary = "change biases until each channel of the integer program has the float mean";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Iterative bias correction (Finkelstein, Almog, Grobman, "Fighting Quantization Bias With Bias",
    algorithm 1) on the integer program itself. Rounded weights shift the mean of a channel; layers
    are visited in the order of the program, and each is measured with all earlier corrections in
    place:

    - `mode=pre`: `b += E[y] - E[y_q]` before the clamp. `E[y_q]` is exact: weights times sums of
      the input's codes, as in `qopt-record-means`. One step suffices, because the mean is linear in
      the bias.
    - `mode=post`: `b += (E[act y] - E[act y_q]) / max(P(lo < y_q < hi), least-slope)`, the Newton
      step on the mean after the clamp, `steps` times. Of the biases tried, the measured ones and
      the one before, each channel keeps the one whose mean was nearest. A layer whose result is f32
      has no clamp, and is corrected as under `pre`.
    - `mode=pre+post`: `pre`, then `post`, layer by layer.
    - `steps=1 least-slope=1` is the paper's algorithm after the activation.

    Corrections are added to the stored bias in units of its scale `s_x * s_w[c]`, rounded to
    nearest even and limited to `bits`. A layer without a bias gets one.

    *Residuals.* A convolution with a residual operand is corrected on the sum
    (`residual-shift=correct`): its bias also takes back what the shift of the shortcut adds, which
    otherwise travels on through every block, because additions have no bias of their own.
    `residual-shift=keep` corrects the convolution's own part only.

    Before (`s_x * s_w = 0.5`, float mean 1.0, integer mean 0.0):
    ```mlir
    %b = qopt.constant dense<3> : tensor<1xi32>
    %y = qopt.matmul %x, %w bias %b {qopt.mean_before = array<f32: 1.0>, ...} : ...
    ```
    After (`mode=pre`):
    ```mlir
    %b = qopt.constant dense<5> : tensor<1xi32>
    %y = qopt.matmul %x, %w bias %b : ...
    ```

    The network runs on this machine's vector code (`engine=jit`), compiled once, its biases changed
    in place; or on the reference interpreter, a hundred times slower, with the same bytes. Sums are
    integers, so neither threads nor their number change the result. Samples are streamed.

    Precondition: the quantized level, with the means of `qopt-record-means`. Proofs of accumulators
    hold for the biases as they were: run `qopt-prove-accumulators` afterwards.

    Refused: no data, or data that does not fit; a network without means; an unknown mode.
  }];
  let options = [
    Option<"data", "data", "std::string", "\"\"",
           ".npy file with samples along the leading dimension, or a stored .npz with one array per "
           "argument, named by qopt.name">,
    Option<"function", "function", "std::string", "\"\"",
           "the network that the data is for; needed where the module has several">,
    Option<"mode", "mode", "std::string", "\"pre\"",
           "correct means before the clamp (pre), after it (post), or first the one and then the "
           "other (pre+post)">,
    Option<"bits", "bits", "unsigned", "32", "width of a stored bias: 32 or 16">,
    Option<"steps", "steps", "unsigned", "3", "Newton steps of post">,
    Option<"leastSlope", "least-slope", "double", "0.05",
           "least slope (above 0, at most 1) that a Newton step divides by">,
    Option<"residualShift", "residual-shift", "std::string", "\"correct\"",
           "correct, or keep, the shift that a residual operand brings along">,
    Option<"engine", "engine", "std::string", "\"auto\"",
           "jit, reference, or auto: jit where this machine has it">,
  ];
  let statistics = [
    Statistic<"numCorrected", "corrected", "Number of channels whose bias changed">,
  ];
}

#endif // QOPT_BIASCORRECTION_PASSES_TD
