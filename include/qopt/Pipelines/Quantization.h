// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the float level to the quantized level.
#ifndef QOPT_PIPELINES_QUANTIZATION_H
#define QOPT_PIPELINES_QUANTIZATION_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace qopt {

struct PrepareOptions : public mlir::PassPipelineOptions<PrepareOptions> {
  Option<double> deadVariance{*this, "dead-variance",
                              llvm::cl::desc("variance below which a channel counts as dead"),
                              llvm::cl::init(1e-6)};
  Option<std::string> equalize{*this, "equalize",
                               llvm::cl::desc("channel scales: none, cross-layer or noise-model"),
                               llvm::cl::init("none")};
  Option<std::string> data{*this, "data",
                           llvm::cl::desc("example inputs for equalize=noise-model, .npy or .npz"),
                           llvm::cl::init("")};
  Option<std::string> weights{*this, "weights",
                              llvm::cl::desc("granularity to equalize for: per-channel or "
                                             "per-tensor"),
                              llvm::cl::init("per-channel")};
  Option<bool> splitChannels{*this, "split-channels",
                             llvm::cl::desc("let dead channels carry copies of the noisiest ones; "
                                            "needs data"),
                             llvm::cl::init(false)};
  Option<double> splitOutliers{
      *this, "split-outliers",
      llvm::cl::desc("carry channels twice for at most this share of multiply-accumulates more, 0: "
                     "only in place of dead channels, less: not at all; needs data. With "
                     "equalize=noise-model scales and copies are chosen together"),
      llvm::cl::init(-1.0)};
  Option<std::string> round{*this, "round",
                            llvm::cl::desc("how qopt-calibrate is going to round weights, nearest "
                                           "or hessian: equalize=noise-model counts on it"),
                            llvm::cl::init("nearest")};
};

struct CalibrateOptions : public mlir::PassPipelineOptions<CalibrateOptions> {
  Option<std::string> data{*this, "data", llvm::cl::desc("example inputs, .npy or .npz"),
                           llvm::cl::init("")};
  Option<std::string> ranges{*this, "ranges",
                             llvm::cl::desc("JSON file: written if there is data, else read"),
                             llvm::cl::init("")};
  Option<std::string> calibrator{*this, "calibrator",
                                 llvm::cl::desc("minmax, moving-average, percentile, mse, "
                                                "entropy, aciq-gauss or aciq-laplace"),
                                 llvm::cl::init("minmax")};
  Option<bool> exactInputs{*this, "exact-inputs",
                           llvm::cl::desc("give inputs that held numbers of 8 bits the grid of "
                                          "their own step; needs data"),
                           llvm::cl::init(false)};
  Option<std::string> weights{*this, "weights", llvm::cl::desc("per-channel or per-tensor"),
                              llvm::cl::init("per-channel")};
  Option<std::string> weightRanges{*this, "weight-ranges",
                                   llvm::cl::desc("max, or mse: least squared rounding error"),
                                   llvm::cl::init("max")};
  Option<std::string> activations{*this, "activations", llvm::cl::desc("asymmetric or symmetric"),
                                  llvm::cl::init("asymmetric")};
  Option<std::string> logits{*this, "logits",
                             llvm::cl::desc("float: the last accumulator becomes f32; quantized"),
                             llvm::cl::init("float")};
  Option<std::string> contract{*this, "contract",
                               llvm::cl::desc("the contract that will be used: only fp32 rounds a "
                                              "convolution and its residual addition once, "
                                              "power-of-two wants such scales"),
                               llvm::cl::init("fp32")};
  Option<unsigned> biasBits{*this, "bias-bits",
                            llvm::cl::desc("width that biases must fit: 32 or 16"),
                            llvm::cl::init(32)};
  Option<std::string> round{*this, "round",
                            llvm::cl::desc("weights to the nearest code, or by the hessian of "
                                           "their inputs, which needs data"),
                            llvm::cl::init("nearest")};
  Option<bool> recordMeans{*this, "record-means",
                           llvm::cl::desc("leave the layers' means for correct-bias of "
                                          "qopt-quantize; needs data"),
                           llvm::cl::init(false)};
  Option<bool> progress{*this, "progress", llvm::cl::desc("print progress on a terminal"),
                        llvm::cl::init(false)};
};

struct QuantizeOptions : public mlir::PassPipelineOptions<QuantizeOptions> {
  Option<std::string> contract{*this, "contract",
                               llvm::cl::desc("fp32, fixed, fixed-double or power-of-two"),
                               llvm::cl::init("fp32")};
  Option<std::string> io{*this, "io", llvm::cl::desc("float or quantized interface"),
                         llvm::cl::init("float")};
  Option<std::string> correctBias{*this, "correct-bias",
                                  llvm::cl::desc("none, pre, post or pre+post: correct the means "
                                                 "before or after the clamp; needs recorded means"),
                                  llvm::cl::init("none")};
  Option<std::string> data{*this, "data",
                           llvm::cl::desc("example inputs for correct-bias, .npy or .npz"),
                           llvm::cl::init("")};
  Option<unsigned> biasBits{*this, "bias-bits",
                            llvm::cl::desc("width that corrected biases must fit: 32 or 16"),
                            llvm::cl::init(32)};
};

/// `qopt-prepare`: a float network in the form that quantizes well.
void buildPreparePipeline(mlir::OpPassManager &manager, const PrepareOptions &options);
/// `qopt-calibrate`: float level to simulated level.
void buildCalibratePipeline(mlir::OpPassManager &manager, const CalibrateOptions &options);
/// `qopt-quantize`: simulated level to quantized level.
void buildQuantizePipeline(mlir::OpPassManager &manager, const QuantizeOptions &options);

void registerQuantizationPipelines();

} // namespace qopt

#endif // QOPT_PIPELINES_QUANTIZATION_H
