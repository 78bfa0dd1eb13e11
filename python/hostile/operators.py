# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operators and attributes that do not exist, or not like this."""

from __future__ import annotations

import numpy as np
from onnx import AttributeProto, ModelProto, TensorProto, helper, numpy_helper

from hostile.base import (degenerate, hostile, insert_before_logits, node,
                          set_attribute)

HUGE = 2 ** 62


def add_constant(model: ModelProto, name: str, array: np.ndarray) -> str:
    model.graph.initializer.append(numpy_helper.from_array(array, name))
    return name


def reshape_to(model: ModelProto, shape: list[int]) -> None:
    """Reshapes flatten's [1, 4] before the last layer."""
    target = add_constant(model, "target", np.array(shape, np.int64))
    insert_before_logits(model, helper.make_node(
        "Reshape", ["flatten", target], ["reshape"], name="reshape"))


@hostile
def unknown_operator(model: ModelProto) -> None:
    node(model, "relu").op_type = "Frobnicate"


@hostile
def unsupported_operator(model: ModelProto) -> None:
    node(model, "relu").op_type = "Einsum"
    set_attribute(model, "relu", "equation", "abcd->abcd")


@hostile
def unknown_domain(model: ModelProto) -> None:
    """A Relu, but not that of ONNX."""
    node(model, "relu").domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))


@hostile
def branch(model: ModelProto) -> None:
    """An If whose branches are whole graphs."""
    condition = add_constant(model, "condition", np.array(True))
    body = helper.make_graph(
        [helper.make_node("Identity", ["flatten"], ["inner"])], "body", [],
        [helper.make_tensor_value_info("inner", TensorProto.FLOAT, [1, 4])])
    insert_before_logits(model, helper.make_node(
        "If", [condition], ["if"], name="if", then_branch=body,
        else_branch=body))


@hostile
def attribute_of_wrong_type(model: ModelProto) -> None:
    set_attribute(model, "conv", "strides", "fast")


@hostile
def attribute_of_unknown_type(model: ModelProto) -> None:
    attribute = AttributeProto(name="strides")
    node(model, "conv").attribute.append(attribute)


@hostile
def too_few_strides(model: ModelProto) -> None:
    set_attribute(model, "conv", "strides", [1])


@hostile
def too_many_pads(model: ModelProto) -> None:
    set_attribute(model, "conv", "pads", [1] * 6)


@hostile
def zero_stride(model: ModelProto) -> None:
    set_attribute(model, "conv", "strides", [0, 0])


@hostile
def negative_stride(model: ModelProto) -> None:
    set_attribute(model, "conv", "strides", [-1, -1])


@degenerate
def huge_stride(model: ModelProto) -> None:
    """Legal: one output pixel, whatever the stride."""
    set_attribute(model, "conv", "strides", [HUGE, HUGE])


@hostile
def zero_dilation(model: ModelProto) -> None:
    set_attribute(model, "conv", "dilations", [0, 0])


@hostile
def huge_dilation(model: ModelProto) -> None:
    set_attribute(model, "conv", "dilations", [HUGE, HUGE])


@hostile
def huge_padding(model: ModelProto) -> None:
    set_attribute(model, "conv", "pads", [HUGE] * 4)


@hostile
def negative_padding(model: ModelProto) -> None:
    set_attribute(model, "conv", "pads", [-7] * 4)


@hostile
def kernel_larger_than_input(model: ModelProto) -> None:
    set_attribute(model, "conv", "dilations", [9, 9])


@hostile
def kernel_shape_mismatch(model: ModelProto) -> None:
    set_attribute(model, "conv", "kernel_shape", [5, 5])


@hostile
def zero_groups(model: ModelProto) -> None:
    set_attribute(model, "conv", "group", 0)


@hostile
def groups_do_not_divide(model: ModelProto) -> None:
    set_attribute(model, "conv", "group", 2)


@hostile
def negative_groups(model: ModelProto) -> None:
    set_attribute(model, "conv", "group", -1)


@hostile
def unknown_padding_mode(model: ModelProto) -> None:
    set_attribute(model, "conv", "auto_pad", "GENEROUS")


@hostile
def nan_epsilon(model: ModelProto) -> None:
    set_attribute(model, "bn", "epsilon", float("nan"))


@hostile
def batch_norm_in_training(model: ModelProto) -> None:
    """Opset 14 and later: it would have to compute statistics itself."""
    model.opset_import[0].version = 15
    set_attribute(model, "bn", "training_mode", 1)


@hostile
def flatten_axis_out_of_range(model: ModelProto) -> None:
    set_attribute(model, "flatten", "axis", 9)


@hostile
def softmax_axis_out_of_range(model: ModelProto) -> None:
    insert_before_logits(model, helper.make_node(
        "Softmax", ["flatten"], ["softmax"], name="softmax", axis=5))


@hostile
def reshape_two_unknowns(model: ModelProto) -> None:
    reshape_to(model, [-1, -1])


@hostile
def reshape_to_other_size(model: ModelProto) -> None:
    reshape_to(model, [1, 5])


@hostile
def reshape_overflow(model: ModelProto) -> None:
    reshape_to(model, [2 ** 32, 2 ** 32, 4])


@hostile
def reshape_most_negative(model: ModelProto) -> None:
    reshape_to(model, [1, -(2 ** 63)])


@hostile
def reshape_to_computed_shape(model: ModelProto) -> None:
    """The target shape depends on the image's pixels."""
    insert_before_logits(
        model,
        helper.make_node("Cast", ["flatten"], ["cast"], name="cast",
                         to=TensorProto.INT64),
        helper.make_node("Reshape", ["flatten", "cast"], ["reshape"],
                         name="reshape"))


@hostile
def broadcast_mismatch(model: ModelProto) -> None:
    other = add_constant(model, "other", np.ones((1, 3), np.float32))
    insert_before_logits(model, helper.make_node(
        "Add", ["flatten", other], ["add"], name="add"))


@hostile
def concat_mismatch(model: ModelProto) -> None:
    other = add_constant(model, "other", np.ones((2, 3, 1), np.float32))
    insert_before_logits(model, helper.make_node(
        "Concat", ["flatten", other], ["concat"], name="concat", axis=1))


@hostile
def transpose_no_permutation(model: ModelProto) -> None:
    insert_before_logits(model, helper.make_node(
        "Transpose", ["flatten"], ["transpose"], name="transpose",
        perm=[0, 0]))


@hostile
def squeeze_of_nothing(model: ModelProto) -> None:
    axes = add_constant(model, "axes", np.array([7], np.int64))
    insert_before_logits(model, helper.make_node(
        "Squeeze", ["flatten", axes], ["squeeze"], name="squeeze"))


@hostile
def gather_out_of_range(model: ModelProto) -> None:
    """Shape arithmetic that reads past the end of the shape."""
    index = add_constant(model, "index", np.array([9], np.int64))
    insert_before_logits(
        model,
        helper.make_node("Shape", ["flatten"], ["shape"], name="shape"),
        helper.make_node("Gather", ["shape", index], ["gather"],
                         name="gather"),
        helper.make_node("Reshape", ["flatten", "gather"], ["reshape"],
                         name="reshape"))


@degenerate
def clip_upside_down(model: ModelProto) -> None:
    """min > max: legal since opset 12, and gives max everywhere."""
    low = add_constant(model, "low", np.array(6, np.float32))
    high = add_constant(model, "high", np.array(0, np.float32))
    insert_before_logits(model, helper.make_node(
        "Clip", ["flatten", low, high], ["clip"], name="clip"))


@hostile
def clip_with_nan(model: ModelProto) -> None:
    low = add_constant(model, "low", np.array(np.nan, np.float32))
    insert_before_logits(model, helper.make_node(
        "Clip", ["flatten", low], ["clip"], name="clip"))


@hostile
def pool_kernel_larger_than_input(model: ModelProto) -> None:
    pool = node(model, "pool")
    pool.op_type = "MaxPool"
    set_attribute(model, "pool", "kernel_shape", [99, 99])


@hostile
def pool_of_padding_only(model: ModelProto) -> None:
    """Padding as wide as the kernel: windows without a single pixel."""
    pool = node(model, "pool")
    pool.op_type = "MaxPool"
    set_attribute(model, "pool", "kernel_shape", [2, 2])
    set_attribute(model, "pool", "strides", [9, 9])
    set_attribute(model, "pool", "pads", [2, 2, 2, 2])
