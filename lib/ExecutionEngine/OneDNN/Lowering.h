// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a float function to a program of oneDNN primitives. Between primitives values keep whatever
// layout the producer chose; where a consumer wants another one a reorder is put in between.
#ifndef QOPT_LIB_EXECUTIONENGINE_ONEDNN_LOWERING_H
#define QOPT_LIB_EXECUTIONENGINE_ONEDNN_LOWERING_H

#include "Program.h"

#include "qopt/Dialect/QOpt/IR/ClampBounds.h"
#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Dialect/QOpt/IR/WindowGeometry.h"
#include "qopt/ExecutionEngine/Tensor.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace qopt::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

/// A value's buffer and its layout.
struct Placed {
  BufferId buffer = 0;
  Desc desc;
};

/// Rank 4 is seen as N, C, H, W stored N, H, W, C; other ranks as they are, row major.
Desc getPlainDesc(mlir::RankedTensorType type);
/// The same dimensions in a layout of the primitive's choice.
Desc getAnyDesc(mlir::RankedTensorType type);

/// The clamp that changes nothing.
ClampBounds noClamp();

/// What a primitive does to its results before it stores them, and the operands that this takes.
struct PostOps {
  dnnl::post_ops ops;
  std::vector<Argument> arguments;
};

class Lowering {
public:
  Lowering(mlir::func::FuncOp function, const FloatEngineOptions &options, Program &program)
      : function(function), options(options), program(program) {}

  llvm::Error run();

private:
  llvm::Error loadConstants();
  llvm::Error lower(mlir::Operation *op);

  /// Emits primitives that leave the result of `op`, followed by `clamp`, in `result`. False leaves
  /// the op to the plain loops.
  bool emit(mlir::Operation *op, mlir::Value result, const ClampBounds &clamp);
  bool emitMatmul(MatmulOp op, mlir::Value result, const ClampBounds &clamp);
  bool emitAdd(AddOp op, mlir::Value result, const ClampBounds &clamp);
  bool emitClamp(ClampOp op, mlir::Value result, const ClampBounds &clamp);
  bool emitChannelClamp(ClampOp op, const ClampBounds &clamp);
  bool emitUnary(UnaryOp op);
  bool emitMean(ReduceMeanOp op);
  bool emitPool(mlir::Operation *op, dnnl::algorithm algorithm, const Window &window);
  bool emitEltwise(mlir::Operation *op, dnnl::algorithm algorithm, float alpha, float beta);
  bool emitReshape(ReshapeOp op);
  /// `producer` is a convolution or the batch normalization that has absorbed one.
  bool emitConv(mlir::Operation *producer, mlir::Value result, const ClampBounds &clamp,
                AddOp add = {});

  /// `clamp` after a primitive that writes results of type `type`.
  void appendClamp(PostOps &postOps, const ClampBounds &clamp, mlir::RankedTensorType type);
  void appendBounds(PostOps &postOps, dnnl::algorithm algorithm, llvm::ArrayRef<float> bounds,
                    mlir::RankedTensorType type);
  Argument placeBounds(int role, llvm::ArrayRef<float> bounds, mlir::RankedTensorType type);

  // Fusion.cpp: which op computes another one along with itself.
  mlir::Operation *getAbsorber(mlir::Operation *op);
  mlir::Operation *getEffectiveUser(mlir::Operation *user);
  mlir::Operation *getProducerFusedInto(AddOp add);
  bool isConvProducer(mlir::Operation *op);
  bool canEmitConv(mlir::Operation *op);
  bool canEmitAdd(AddOp op);
  bool canEmitMatmul(MatmulOp op);
  bool isConstantNorm(BatchNormOp op);
  bool mayOverwrite(mlir::Value residual, AddOp add, mlir::Value input);
  BufferId placeSum(AddOp add, mlir::Operation *producer, mlir::Value input, const Desc &desc);

  llvm::Error addConstant(ConstantOp op);
  void evaluatePlain(EvaluationOpInterface op);
  llvm::Error foldConstant(EvaluationOpInterface op);
  const float *getElements(mlir::Value constant) {
    return constants.find(constant)->second.reals().data();
  }

  bool isTapped(mlir::Operation *op) const;
  void addTap(mlir::Operation *op);

  Placed getPlaced(mlir::Value value);
  BufferId addActivation(size_t bytes);
  BufferId addConstant(const Desc &desc, const void *elements, const Desc &wanted);
  /// `value` in layout `desc`; a reorder where it is not.
  BufferId inLayout(mlir::Value value, const Desc &desc);
  BufferId inPlainLayout(mlir::Value value);
  BufferId copyToLayout(const Placed &source, const Desc &desc);
  void addPrimitive(dnnl::primitive primitive, std::vector<Argument> arguments,
                    const Desc &scratchpad);
  dnnl::primitive_attr makeAttributes(const PostOps &postOps) const;

  mlir::func::FuncOp function;
  const FloatEngineOptions &options;
  Program &program;
  llvm::DenseMap<mlir::Value, Tensor> constants;
  llvm::DenseMap<mlir::Value, Placed> values;
  llvm::DenseMap<mlir::Value, BufferId> plainCopies;
};

} // namespace qopt::onednn

#endif // QOPT_LIB_EXECUTIONENGINE_ONEDNN_LOWERING_H
