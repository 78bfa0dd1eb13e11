# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs, outputs and initializers that lie about themselves."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from hostile.base import degenerate, hostile, replace_tensor, tensor


def input_dims(model: ModelProto) -> list:
    return list(model.graph.input[0].type.tensor_type.shape.dim)


# Inputs and outputs.

@hostile
def no_inputs(model: ModelProto) -> None:
    del model.graph.input[:]


@hostile
def no_outputs(model: ModelProto) -> None:
    del model.graph.output[:]


@hostile
def output_undefined(model: ModelProto) -> None:
    model.graph.output[0].name = "nowhere"


@hostile
def no_nodes(model: ModelProto) -> None:
    del model.graph.node[:]


@hostile
def input_without_shape(model: ModelProto) -> None:
    model.graph.input[0].type.tensor_type.ClearField("shape")


@hostile
def input_of_doubles(model: ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE


@hostile
def input_of_unknown_type(model: ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = 12345


@hostile
def input_sequence(model: ModelProto) -> None:
    model.graph.input[0].type.CopyFrom(helper.make_sequence_type_proto(
        helper.make_tensor_type_proto(TensorProto.FLOAT, [1])))


@hostile
def dynamic_pixels(model: ModelProto) -> None:
    for dim in input_dims(model)[2:]:
        dim.dim_param = "size"


@hostile
def zero_size_input(model: ModelProto) -> None:
    input_dims(model)[2].dim_value = 0


@hostile
def negative_input(model: ModelProto) -> None:
    input_dims(model)[2].dim_value = -8


@hostile
def huge_input(model: ModelProto) -> None:
    for dim in input_dims(model)[2:]:
        dim.dim_value = 2 ** 31 - 1


@hostile
def overflowing_input(model: ModelProto) -> None:
    for dim in input_dims(model)[2:]:
        dim.dim_value = 2 ** 62


@hostile
def duplicate_inputs(model: ModelProto) -> None:
    model.graph.input.append(model.graph.input[0])


# Initializers.

@hostile
def missing_initializer(model: ModelProto) -> None:
    model.graph.initializer.remove(tensor(model, "conv.weight"))


@hostile
def duplicate_initializers(model: ModelProto) -> None:
    model.graph.initializer.append(tensor(model, "conv.weight"))


@hostile
def huge_initializer(model: ModelProto) -> None:
    tensor(model, "conv.weight").dims[:] = [2 ** 40, 3, 3, 3]


@hostile
def overflowing_initializer(model: ModelProto) -> None:
    # The product wraps around to 0 in 64 bits.
    tensor(model, "conv.weight").dims[:] = [2 ** 32, 2 ** 32, 3, 3]


@hostile
def negative_initializer(model: ModelProto) -> None:
    tensor(model, "conv.weight").dims[:] = [-4, -3, 3, 3]


@hostile
def short_data(model: ModelProto) -> None:
    weight = tensor(model, "conv.weight")
    weight.raw_data = weight.raw_data[:-4]


@hostile
def long_data(model: ModelProto) -> None:
    tensor(model, "conv.weight").raw_data += bytes(4)


@hostile
def odd_data(model: ModelProto) -> None:
    weight = tensor(model, "conv.weight")
    weight.raw_data = weight.raw_data[:-1]


@hostile
def weights_without_data(model: ModelProto) -> None:
    tensor(model, "conv.weight").ClearField("raw_data")


@hostile
def weights_of_doubles(model: ModelProto) -> None:
    replace_tensor(model, "conv.weight", np.ones((4, 3, 3, 3)))


@hostile
def weights_of_integers(model: ModelProto) -> None:
    replace_tensor(model, "conv.weight", np.ones((4, 3, 3, 3), np.int64))


@hostile
def weights_of_unknown_type(model: ModelProto) -> None:
    tensor(model, "conv.weight").data_type = 12345


@hostile
def weights_elsewhere(model: ModelProto) -> None:
    """External data with a path that leads out of the model's folder."""
    weight = tensor(model, "conv.weight")
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    entry = weight.external_data.add()
    entry.key, entry.value = "location", "../../../../etc/passwd"


@hostile
def zero_size_weights(model: ModelProto) -> None:
    replace_tensor(model, "conv.weight", np.ones((0, 3, 3, 3), np.float32))


@hostile
def weights_of_wrong_rank(model: ModelProto) -> None:
    replace_tensor(model, "conv.weight", np.ones((4, 27), np.float32))


@hostile
def channel_mismatch(model: ModelProto) -> None:
    replace_tensor(model, "conv.weight", np.ones((4, 5, 3, 3), np.float32))


@hostile
def gemm_mismatch(model: ModelProto) -> None:
    replace_tensor(model, "logits.weight", np.ones((5, 7), np.float32))


@hostile
def bias_of_wrong_length(model: ModelProto) -> None:
    replace_tensor(model, "logits.bias", np.ones(7, np.float32))


@hostile
def batch_norm_of_wrong_length(model: ModelProto) -> None:
    replace_tensor(model, "bn.mean", np.ones(7, np.float32))


@hostile
def negative_variance(model: ModelProto) -> None:
    replace_tensor(model, "bn.variance", np.full(4, -1, np.float32))


@hostile
def nan_weights(model: ModelProto) -> None:
    weights = numpy_helper.to_array(tensor(model, "conv.weight")).copy()
    weights[1, 2, 0, 1] = np.nan
    replace_tensor(model, "conv.weight", weights)


@hostile
def infinite_weights(model: ModelProto) -> None:
    weights = numpy_helper.to_array(tensor(model, "logits.weight")).copy()
    weights[3, 1] = -np.inf
    replace_tensor(model, "logits.weight", weights)


@hostile
def nan_bias(model: ModelProto) -> None:
    replace_tensor(model, "logits.bias", np.full(5, np.nan, np.float32))


@hostile
def nan_variance(model: ModelProto) -> None:
    replace_tensor(model, "bn.variance", np.full(4, np.nan, np.float32))


@degenerate
def enormous_weights(model: ModelProto) -> None:
    """Finite, but the sums are not."""
    replace_tensor(model, "conv.weight", np.full((4, 3, 3, 3), 3e38, np.float32))


@degenerate
def denormal_weights(model: ModelProto) -> None:
    replace_tensor(model, "conv.weight", np.full((4, 3, 3, 3), 1e-42, np.float32))


@degenerate
def zero_weights(model: ModelProto) -> None:
    """All-zero weights: every activation after them is constant."""
    replace_tensor(model, "conv.weight", np.zeros((4, 3, 3, 3), np.float32))


@degenerate
def zero_everything(model: ModelProto) -> None:
    for initializer in list(model.graph.initializer):
        zeros = np.zeros(list(initializer.dims), np.float32)
        replace_tensor(model, initializer.name, zeros)


@degenerate
def one_zero_channel(model: ModelProto) -> None:
    weights = numpy_helper.to_array(tensor(model, "conv.weight")).copy()
    weights[2] = 0
    replace_tensor(model, "conv.weight", weights)
