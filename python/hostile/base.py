# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small healthy network, and the register of what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper, numpy_helper

from onnx_builder import GraphBuilder

MODELS: dict[str, Callable[[], bytes]] = {}
DEGENERATE: set[str] = set()


def healthy() -> ModelProto:
    """conv, batch norm, relu, pooling, fully connected; 8x8 pixels."""
    random = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape, dtype=np.float32) * np.float32(0.2)

    graph = GraphBuilder("victim")
    x = graph.input("image", [1, 3, 8, 8])
    x = graph.conv("conv", x, normal(4, 3, 3, 3), padding=1)
    x = graph.batch_norm("bn", x, normal(4), normal(4), normal(4),
                         np.ones(4, np.float32), 1e-5)
    x = graph.node("Relu", "relu", [x])
    x = graph.node("GlobalAveragePool", "pool", [x])
    x = graph.node("Flatten", "flatten", [x], axis=1)
    graph.output(graph.gemm("logits", x, normal(5, 4), normal(5)), [1, 5])
    return graph.model()


Edit = Callable[[ModelProto], None]


def hostile(edit: Edit) -> Edit:
    """Registers the healthy model after `edit`, under the function's name."""
    def make() -> bytes:
        model = healthy()
        edit(model)
        return model.SerializeToString(deterministic=True)

    MODELS[edit.__name__] = make
    return edit


def degenerate(edit: Edit) -> Edit:
    """Like `hostile`, for files that a compiler may accept."""
    DEGENERATE.add(edit.__name__)
    return hostile(edit)


def node(model: ModelProto, name: str) -> onnx.NodeProto:
    return next(n for n in model.graph.node if n.name == name)


def tensor(model: ModelProto, name: str) -> TensorProto:
    return next(t for t in model.graph.initializer if t.name == name)


def replace_tensor(model: ModelProto, name: str, array: np.ndarray) -> None:
    tensor(model, name).CopyFrom(numpy_helper.from_array(array, name))


def set_attribute(model: ModelProto, name: str, attribute: str,
                  value: object) -> None:
    target = node(model, name)
    kept = [a for a in target.attribute if a.name != attribute]
    del target.attribute[:]
    target.attribute.extend(kept + [helper.make_attribute(attribute, value)])


def input_dims(model: ModelProto) -> list:
    return list(model.graph.input[0].type.tensor_type.shape.dim)


def insert_before_logits(model: ModelProto, *nodes: onnx.NodeProto) -> None:
    """Puts `nodes` between flatten and logits; the last one feeds logits."""
    logits = node(model, "logits")
    logits.input[0] = nodes[-1].output[0]
    model.graph.node.remove(node(model, "logits"))
    model.graph.node.extend([*nodes, logits])
