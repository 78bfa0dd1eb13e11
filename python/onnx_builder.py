# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds ONNX models node by node.

Exporters decide for themselves what they fold and what they leave behind. The
networks that this project tests with have to contain exactly the nodes that a
test is about (batch norm unfolded, say), so they are written directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
# Opset 13 came with IR version 7; the oldest consumers check this.
IR_VERSION = 7


class GraphBuilder:
    """Collects nodes and initializers of one graph; values are ONNX names."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: Sequence[int]) -> str:
        """Declares an f32 input and returns its name."""
        self._inputs.append(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def output(self, value: str, shape: Sequence[int]) -> None:
        """Declares `value` as an f32 output."""
        self._outputs.append(
            helper.make_tensor_value_info(value, TensorProto.FLOAT, list(shape)))

    def constant(self, name: str, array: np.ndarray) -> str:
        """Adds an initializer and returns its name."""
        self._initializers.append(
            numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, op_type: str, name: str, inputs: Sequence[str],
             **attributes: object) -> str:
        """Adds a node with one output, which carries the name of the node."""
        self._nodes.append(
            helper.make_node(op_type, list(inputs), [name], name=name,
                             **attributes))
        return name

    def conv(self, name: str, x: str, weight: np.ndarray,
             bias: np.ndarray | None = None, stride: int = 1, padding: int = 0,
             groups: int = 1) -> str:
        """Adds a Conv; `weight` is [OC, IC/groups, KH, KW] f32."""
        inputs = [x, self.constant(f"{name}.weight", weight)]
        if bias is not None:
            inputs.append(self.constant(f"{name}.bias", bias))
        return self.node("Conv", name, inputs,
                         kernel_shape=list(weight.shape[2:]),
                         strides=[stride, stride], pads=[padding] * 4,
                         group=groups)

    def batch_norm(self, name: str, x: str, gamma: np.ndarray,
                   beta: np.ndarray, mean: np.ndarray, variance: np.ndarray,
                   epsilon: float) -> str:
        """Adds a BatchNormalization in inference form; vectors are [C] f32."""
        inputs = [x, self.constant(f"{name}.gamma", gamma),
                  self.constant(f"{name}.beta", beta),
                  self.constant(f"{name}.mean", mean),
                  self.constant(f"{name}.variance", variance)]
        return self.node("BatchNormalization", name, inputs, epsilon=epsilon)

    def relu6(self, name: str, x: str) -> str:
        """Adds min(max(x, 0), 6), which ONNX spells Clip."""
        low = self.constant(f"{name}.min", np.array(0, np.float32))
        high = self.constant(f"{name}.max", np.array(6, np.float32))
        return self.node("Clip", name, [x, low, high])

    def gemm(self, name: str, x: str, weight: np.ndarray,
             bias: np.ndarray) -> str:
        """Adds x[N, K] times transposed `weight` [OC, K] plus `bias` [OC]."""
        inputs = [x, self.constant(f"{name}.weight", weight),
                  self.constant(f"{name}.bias", bias)]
        return self.node("Gemm", name, inputs, transB=1)

    def model(self) -> onnx.ModelProto:
        """Returns the finished model after the ONNX checker has passed it."""
        graph = helper.make_graph(self._nodes, self._name, self._inputs,
                                  self._outputs, self._initializers)
        model = helper.make_model(
            graph, producer_name="qopt", ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)])
        onnx.checker.check_model(model, full_check=True)
        return model

    def save(self, path: Path) -> None:
        """Writes the checked model to `path`, making its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.model().SerializeToString(deterministic=True))
