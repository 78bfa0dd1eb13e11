# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Graphs that are no graphs, and names that are not made to be printed."""

from __future__ import annotations

from onnx import ModelProto, helper

from hostile.base import degenerate, hostile, insert_before_logits, node


# The model around the graph.

@hostile
def no_graph(model: ModelProto) -> None:
    model.ClearField("graph")


@hostile
def no_opset(model: ModelProto) -> None:
    del model.opset_import[:]


@hostile
def opset_from_the_future(model: ModelProto) -> None:
    model.opset_import[0].version = 999


@hostile
def opset_too_old(model: ModelProto) -> None:
    model.opset_import[0].version = 1


@hostile
def opset_negative(model: ModelProto) -> None:
    model.opset_import[0].version = -(2 ** 63)


# The graph's structure.

@hostile
def cycle(model: ModelProto) -> None:
    node(model, "conv").input[0] = "relu"


@hostile
def self_loop(model: ModelProto) -> None:
    node(model, "relu").input[0] = "relu"


@hostile
def undefined_value(model: ModelProto) -> None:
    node(model, "relu").input[0] = "nothing makes this"


@hostile
def duplicate_values(model: ModelProto) -> None:
    """Two nodes say that they make the same value."""
    node(model, "bn").output[0] = "conv"


@degenerate
def duplicate_node_names(model: ModelProto) -> None:
    """Legal in ONNX, where only the names of values count."""
    for each in model.graph.node:
        each.name = "same"


@degenerate
def nodes_out_of_order(model: ModelProto) -> None:
    nodes = list(reversed(model.graph.node))
    del model.graph.node[:]
    model.graph.node.extend(nodes)


@degenerate
def long_chain(model: ModelProto) -> None:
    """Deep enough to overflow the stack of whoever recurses over operands."""
    nodes, value = [], "flatten"
    for i in range(20000):
        nodes.append(helper.make_node("Relu", [value], [f"chain{i}"],
                                      name=f"chain{i}"))
        value = f"chain{i}"
    insert_before_logits(model, *nodes)


@hostile
def node_without_inputs(model: ModelProto) -> None:
    del node(model, "conv").input[:]


@hostile
def node_without_outputs(model: ModelProto) -> None:
    del node(model, "relu").output[:]


@hostile
def empty_operand(model: ModelProto) -> None:
    node(model, "conv").input[1] = ""


@hostile
def surplus_operands(model: ModelProto) -> None:
    node(model, "relu").input.extend(["image"] * 3)


# Names, which end up in IR, in C and on terminals.

@degenerate
def odd_names(model: ModelProto) -> None:
    odd = 'a"b\n%0 = \\x00 {} \x1b[31m</>'
    relu = node(model, "relu")
    relu.name = relu.output[0] = odd
    node(model, "pool").input[0] = odd


@degenerate
def odd_interface_names(model: ModelProto) -> None:
    odd = 'in"put\n*/ int'
    model.graph.input[0].name = odd
    node(model, "conv").input[0] = odd


@degenerate
def nameless(model: ModelProto) -> None:
    for each in model.graph.node:
        each.name = ""
    model.graph.name = ""
