// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rewrites and proofs on the quantized level, and the verifier of each level.
#ifndef QOPT_DIALECT_QOPT_TRANSFORMS_PASSES_TD
#define QOPT_DIALECT_QOPT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Rewrites of the quantized level
//===----------------------------------------------------------------------===//

def RewriteStorage : Pass<"qopt-rewrite-storage", "::mlir::func::FuncOp"> {
  let summary = "between signed and unsigned, asymmetric and symmetric, full and narrow storage";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    Rewrites types, and with them the bytes of constants, the entries of tables, and biases where
    the scale of an accumulator changes. Three rewrites, in this order; each is `keep` unless asked
    for:

    - `zero-points=symmetric`: zero points become 0 in signed storage. Exact where every `q - z`
      fits (unsigned storage with zero point 128; weights with small zero points). Otherwise the
      grid becomes the symmetric one over the same range, and a clamp, in the op or after it, keeps
      the saturation that the old storage implied.
      `zero-points=asymmetric`: activations whose clamps leave a part of a symmetric grid unused
      (ReLU) get the grid of what is left. Never exact.
    - `weights=narrow`: the most negative code (-128) is excluded. Exact where no weight has it;
      otherwise the scale of that channel grows by 128/127. `weights=full`: always exact.
    - `signedness=unsigned` or `signed`: flips the top bit of all storage; value, zero point and
      bounds move together. Always exact.

    Tables and softmax belong to their grids: other rewrites than a flip put `qopt.requantize`
    around them. The function's own types change along with its values.

    Before:
    ```mlir
    %y = qopt.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5:-28>>
    ```
    After (`signedness=unsigned`):
    ```mlir
    %y = qopt.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!quant.uniform<u8:f32, 0.5:100>>
    ```

    Precondition: the quantized level. `qopt.accumulator_bound` is dropped where it may be wrong.

    Refused, naming the layer: with `exact`, whatever would change a real value; a bias that no
    longer fits 32 bits.
  }];
  let options = [
    Option<"zeroPoints", "zero-points", "std::string", "\"keep\"",
           "keep, symmetric or asymmetric">,
    Option<"weights", "weights", "std::string", "\"keep\"", "keep, narrow or full">,
    Option<"signedness", "signedness", "std::string", "\"keep\"", "keep, signed or unsigned">,
    Option<"exact", "exact", "bool", "true",
           "refuse what changes a real value; false: do it and say so in a remark">,
  ];
}

def FuseClamps : Pass<"qopt-fuse-clamps", "::mlir::func::FuncOp"> {
  let summary = "clamps join their producers, and go where the storage implies them";
  let dependentDialects = ["::qopt::QOptDialect"];
  let description = [{
    On the quantized level a clamp acts on stored values. It joins the op that produces its input if
    that op clamps (convolution, matmul, addition, ...) and nothing else reads the unclamped value:
    bounds are monotone on the way to storage, so both clamps together are one. Bounds, of a
    qopt.clamp or of any other op, that lie at or beyond the storage bounds are removed: saturation
    does the same. Results are bit-exact.

    Before (`z = -128` is real 0, so storage implies the lower bound; 2.55 is less than the largest
    stored 6.375):
    ```mlir
    %y = qopt.matmul %x, %w {clamp_min = array<f32: 0.0>} : ... -> tensor<1x2x!quant.uniform<i8:f32, 0.025:-128>>
    %c = qopt.clamp %y {clamp_max = array<f32: 2.55>} : ...
    ```
    After:
    ```mlir
    %y = qopt.matmul %x, %w {clamp_max = array<f32: 2.55>} : ...
    ```

    Precondition: the quantized level; float ops are left alone. Nothing is refused.
  }];
  let statistics = [
    Statistic<"numFused", "fused", "Number of clamps fused into their producers">,
    Statistic<"numImplied", "implied", "Number of ops with a bound that storage implies">,
  ];
}

def ProveAccumulators : Pass<"qopt-prove-accumulators", "::mlir::func::FuncOp"> {
  let summary = "prove that accumulators fit 32 bits and multipliers suit the contract";
  let description = [{
    For every op that sums integers (AccumulatorOpInterface) the largest magnitude of the
    accumulator follows from the storage bounds of its input and its constant weights and bias. It
    must not exceed 2^31 - 1 (intermediate sums may wrap around modulo 2^32) and is written down as
    `qopt.accumulator_bound`. The multiplier of every op that requantizes must have a form under the
    function's contract.

    Before:
    ```mlir
    %y = qopt.matmul %x, %w : ...    // %x: i8, z = 0; %w: [[1, -2]]
    ```
    After:
    ```mlir
    %y = qopt.matmul %x, %w {qopt.accumulator_bound = 383 : i64} : ...
    ```

    Precondition: the quantized level.

    Refused, naming the layer: a bound that exceeds 2^31 - 1; weights or a bias that are not
    constant; a multiplier that the contract has no form for (`fixed`: 2^29 or more; an addition
    whose sum fits 32 bits for no shift).
  }];
}

//===----------------------------------------------------------------------===//
// The contract of each level
//===----------------------------------------------------------------------===//

def VerifyFloat : Pass<"qopt-verify-float", "::mlir::func::FuncOp"> {
  let summary = "check that a function is on the float level";
  let description = [{
    The float level's contract: one block of qopt layers, constants and observers; every value a
    ranked static f32 tensor; weights are constants. No fake_quant, no cast, no quantized type.

    Changes nothing. Refused: whatever breaks the contract, named with its layer.

    Accepted, and the same after:
    ```mlir
    %0 = qopt.observe %x {name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %w = qopt.constant dense<1.0> : tensor<1x2xf32>
    %y = qopt.matmul %0, %w : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>
    ```
    Refused:
    ```mlir
    // layer 'q' (qopt.fake_quant): rounds, which belongs on the simulated level
    %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> {qopt.layer = "q"} : ...
    ```
  }];
}

def VerifySimulated : Pass<"qopt-verify-simulated", "::mlir::func::FuncOp"> {
  let summary = "check that a function is on the simulated level";
  let description = [{
    The simulated level's contract, on top of f32 tensors throughout: every activation that a layer
    computes with is on a grid, that is, comes from a `qopt.fake_quant` through nothing but ops that
    move bytes, or is the unrounded convolution of a residual addition; weights are rounded
    constants; no observer and no batch normalization is left.

    Changes nothing. Refused: whatever breaks the contract, named with its layer.

    Accepted, and the same after:
    ```mlir
    %2 = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> : ...
    %vq = qopt.fake_quant %v as !quant.uniform<i8<-127:127>:f32, 0.25> : ...
    %y = qopt.matmul %2, %vq : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>
    ```
    Refused:
    ```mlir
    // observer 'a' is left; run qopt-nudge-ranges first
    %0 = qopt.observe %x {name = "a"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    ```
  }];
}

def VerifyQuantized : Pass<"qopt-verify-quantized", "::mlir::func::FuncOp"> {
  let summary = "check that a function is on the quantized level";
  let description = [{
    The quantized level's contract: `qopt.contract` is set; no float arithmetic is left (f32 occurs
    at `qopt.quantize` and `qopt.dequantize`, as the result of the last accumulator, and in
    reshapes and transposes to and from the function's boundary); stored values are signed and of at
    most 8 bits, activations per tensor, weights and biases constant; every accumulator fits 32
    bits.

    Changes nothing. Refused: whatever breaks the contract, named with its layer.

    Accepted, and the same after (the function carries `qopt.contract`):
    ```mlir
    %0 = qopt.quantize %x : (tensor<1x2xf32>) -> tensor<1x2x!quant.uniform<i8:f32, 0.5>>
    %w = qopt.constant dense_resource<w> : tensor<1x2x!quant.uniform<i8<-127:127>:f32, 0.25>>
    %y = qopt.matmul %0, %w : ... -> tensor<1x1xf32>
    ```
    Refused:
    ```mlir
    // layer 'f' (qopt.fake_quant): has no place on the quantized level;
    // run convert-qopt-fake-quant-to-quantized
    %y = qopt.fake_quant %x as !quant.uniform<i8:f32, 0.5> {qopt.layer = "f"} : ...
    ```
  }];
}

#endif // QOPT_DIALECT_QOPT_TRANSFORMS_PASSES_TD
