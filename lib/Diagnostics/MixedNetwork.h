// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Float networks in which some layers behave as they do in the integer program.
#ifndef QOPT_LIB_DIAGNOSTICS_MIXEDNETWORK_H
#define QOPT_LIB_DIAGNOSTICS_MIXEDNETWORK_H

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/BitVector.h"

#include <cmath>

namespace qopt {

/// What quantization does at one place of the float network.
struct RoundingSite {
  std::string name;
  // In the float network that was given:
  mlir::Value exactValue;           ///< what is rounded
  mlir::Operation *exact = nullptr; ///< the op that makes it; null: an argument
  mlir::Operation *weightedExact = nullptr;

  // In the master copy:
  mlir::Value value;               ///< what is rounded
  mlir::quant::QuantizedType type; ///< its grid; null: stays float (the last accumulator)
  WeightedOpInterface weighted;    ///< the layer whose weights are rounded; null: none
  ConstantOp weights, bias;        ///< of the integer program, in real units
  std::vector<float> exactBias, quantizedBias;
  std::vector<double> biasSteps; ///< what a bias is a multiple of in the integer program
};

/// A layer beside itself: its twin reads the same input, but is quantized where the layer is not,
/// and the other way round.
struct Probe {
  mlir::Operation *layer = nullptr, *twin = nullptr; ///< that hand on the finished values
  ClampBounds bounds{{-HUGE_VALF}, {HUGE_VALF}};
  float margin = 0; ///< what rounding may take a value away from a bound

  bool isInside(float value, size_t channel) const {
    return value > bounds.low(channel) + margin && value < bounds.high(channel) - margin;
  }
};

/// A network with some sites quantized.
struct MixedNetwork {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  std::vector<Probe> probes; ///< by site; empty unless asked for
};

/// Makes mixed networks of the same two networks.
class MixedNetworks {
public:
  /// An error where the two do not fit together.
  static llvm::Expected<MixedNetworks> create(mlir::func::FuncOp exact,
                                              mlir::func::FuncOp quantized);

  llvm::ArrayRef<RoundingSite> getSites() const { return sites; }
  /// True where biases of the integer program are not those of the float network rounded.
  bool hasCorrectedBiases() const;

  /// Quantizes the sites in `quantized`; `biases`, by site, replace the layers' own where they are
  /// not empty. Probes, where they are wanted, have no twin but the layer itself.
  MixedNetwork make(const llvm::BitVector &quantized, llvm::ArrayRef<std::vector<float>> biases,
                    bool withProbes = false) const;
  /// The same with a twin of each layer with weights, which has the bias `twinBiases[site]`.
  MixedNetwork makeWithTwins(const llvm::BitVector &quantized,
                             llvm::ArrayRef<std::vector<float>> twinBiases) const;

private:
  llvm::Error addArguments(mlir::func::FuncOp exact, mlir::func::FuncOp quantized);
  llvm::Error addLayers(mlir::func::FuncOp exact, mlir::func::FuncOp quantized,
                        const mlir::IRMapping &mapping);
  llvm::Error addParameters(RoundingSite &site, WeightedOpInterface quantized);
  MixedNetwork mix(const llvm::BitVector &quantized, llvm::ArrayRef<std::vector<float>> biases,
                   mlir::IRMapping &mapping) const;

  mlir::OwningOpRef<mlir::ModuleOp> master;
  mlir::func::FuncOp function; ///< in `master`
  std::vector<RoundingSite> sites;
};

} // namespace qopt

#endif // QOPT_LIB_DIAGNOSTICS_MIXEDNETWORK_H
