# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rewrites onnxruntime's quantized file as a .tflite of the same network.

Same weights, scales, zero points (shifted by 128: activations are signed there)
and biases; maps become NHWC. Handles what quantized versions of the benchmarked
networks hold, and raises Unsupported for the rest. Padding that TFLite has no
word for is an operator of its own, as TFLite's converters write it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import numpy_helper

UNSIGNED_OFFSET = 128
TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32,
         np.dtype(np.int32): schema.TensorType.INT32,
         np.dtype(np.int8): schema.TensorType.INT8}
# Versions of the operators that take signed codes and scales per channel.
VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 12, "ADD": 2,
            "MAX_POOL_2D": 2, "AVERAGE_POOL_2D": 2, "MEAN": 2, "PAD": 2, "QUANTIZE": 1,
            "DEQUANTIZE": 2, "RESHAPE": 1, "SOFTMAX": 2}


class Unsupported(Exception):
    """The file holds something that this rewriting does not know."""


class FlatModel:
    """A TFLite model of one subgraph, being built."""

    def __init__(self) -> None:
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.kinds: list[str] = []
        self.buffers = [schema.BufferT()]

    def tensor(self, name: str, shape: Sequence[int], dtype: type,
               scale: np.ndarray | None = None, zero: int = 0, axis: int = 0,
               data: np.ndarray | None = None) -> int:
        """Appends a tensor (a constant if it has `data`); returns its index."""
        made = schema.TensorT()
        made.name, made.shape = name, list(shape)
        made.type = TYPES[np.dtype(dtype)]
        if scale is not None:
            scale = np.atleast_1d(scale).astype(np.float32)
            grid = schema.QuantizationParametersT()
            grid.scale, grid.quantizedDimension = scale, axis
            grid.zeroPoint = np.full(len(scale), zero, np.int64)
            made.quantization = grid
        if data is not None:
            made.buffer = len(self.buffers)
            self.buffers.append(schema.BufferT())
            self.buffers[-1].data = np.frombuffer(
                np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def operator(self, kind: str, inputs: Sequence[int], output: int,
                 options: str = "", **fields: object) -> None:
        """Appends BuiltinOperator `kind` with the named options and their fields."""
        if kind not in self.kinds:
            self.kinds.append(kind)
        made = schema.OperatorT()
        made.opcodeIndex = self.kinds.index(kind)
        made.inputs, made.outputs = list(inputs), [output]
        if options:
            made.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            made.builtinOptions = getattr(schema, options + "T")()
            for field, value in fields.items():
                setattr(made.builtinOptions, field, value)
        self.graph.operators.append(made)

    def save(self, inputs: Sequence[int], outputs: Sequence[int], path: Path) -> None:
        self.graph.inputs, self.graph.outputs = list(inputs), list(outputs)
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [self.graph], self.buffers
        model.operatorCodes = []
        for kind in self.kinds:
            made, code = schema.OperatorCodeT(), getattr(schema.BuiltinOperator, kind)
            made.builtinCode, made.deprecatedBuiltinCode = code, min(code, 127)
            made.version = VERSIONS[kind]
            model.operatorCodes.append(made)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        path.write_bytes(builder.Output())


def nhwc(shape: Sequence[int]) -> list[int]:
    return [shape[0], *shape[2:], shape[1]] if len(shape) == 4 else list(shape)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """What TFLite's SAME puts below and above."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class Rewriter:
    """One network; `run` does it."""

    def __init__(self, model: onnx.ModelProto) -> None:
        model = onnx.shape_inference.infer_shapes(model)
        self.graph, self.flat = model.graph, FlatModel()
        self.values = {t.name: numpy_helper.to_array(t) for t in self.graph.initializer}
        infos = [*self.graph.input, *self.graph.value_info, *self.graph.output]
        self.shapes = {info.name: [d.dim_value for d in info.type.tensor_type.shape.dim]
                       for info in infos}
        # By the float name: the node that dequantizes to it, that quantizes from it.
        self.dequantize = {n.output[0]: n for n in self.graph.node
                           if n.op_type == "DequantizeLinear"}
        self.quantize = {n.input[0]: n for n in self.graph.node
                         if n.op_type == "QuantizeLinear"}
        self.tensors: dict[str, int] = {}  # of codes, by their name in the file
        self.flattened: dict[str, list[int]] = {}  # [C, H, W] of what was flattened

    def run(self, path: Path) -> None:
        if len(self.graph.input) != 1 or len(self.graph.output) != 1:
            raise Unsupported("more than one input or output")
        entry = self.graph.input[0].name
        source = self.flat.tensor(entry, nhwc(self.shapes[entry]), np.float32)
        self.flat.operator("QUANTIZE", [source], self.result(entry), "QuantizeOptions")
        for node in self.graph.node:
            if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
                continue
            emit = getattr(self, f"emit_{node.op_type}", None)
            if emit is None:
                raise Unsupported(node.op_type)
            emit(node, {a.name: onnx.helper.get_attribute_value(a)
                        for a in node.attribute})
        leave = self.graph.output[0].name
        target = self.flat.tensor(leave, nhwc(self.shapes[leave]), np.float32)
        self.flat.operator("DEQUANTIZE", [self.operand(leave)], target,
                           "DequantizeOptions")
        self.flat.save([source], [target], path)

    def parameters(self, node: onnx.NodeProto) -> tuple[np.ndarray, int]:
        """Scale and zero point as signed codes have it."""
        scale, zero = self.values[node.input[1]], self.values[node.input[2]]
        offset = UNSIGNED_OFFSET if zero.dtype == np.uint8 else 0
        return scale, int(np.atleast_1d(zero)[0]) - offset

    def operand(self, name: str) -> int:
        """The codes that the float value `name` is dequantized from."""
        return self.tensors[self.dequantize[name].input[0]]

    def result(self, name: str, scale: np.ndarray | None = None,
               zero: int = 0) -> int:
        """A tensor for the codes that the float value `name` is quantized to."""
        node = self.quantize.get(name)
        if node is None:
            raise Unsupported(f"{name} is not quantized")
        if scale is None:
            scale, zero = self.parameters(node)
        index = self.flat.tensor(name, nhwc(self.shapes[name]), np.int8, scale, zero)
        self.tensors[node.output[0]] = index
        return index

    def weights(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        node = self.dequantize[name]
        return self.values[node.input[0]], self.values[node.input[1]]

    def bias(self, node: onnx.NodeProto, scale: np.ndarray) -> int:
        """The third operand in units of `scale`; zeros where there is none."""
        if len(node.input) < 3:
            codes = np.zeros(len(scale), np.int32)
        elif node.input[2] in self.dequantize:
            codes = self.values[self.dequantize[node.input[2]].input[0]]
        else:
            codes = np.rint(self.values[node.input[2]] / scale)
        return self.flat.tensor(f"{node.output[0]}/bias", [len(codes)], np.int32, scale,
                                data=codes)

    def scale_of(self, name: str) -> float:
        return float(self.parameters(self.dequantize[name])[0])

    def padded(self, name: str, attributes: dict) -> tuple[int, int]:
        """The operand and TFLite's word for its padding."""
        source, pads = self.operand(name), attributes.get("pads", [0] * 4)
        strides = attributes.get("strides", [1, 1])
        if any(d != 1 for d in attributes.get("dilations", [])):
            raise Unsupported("dilation")
        if not any(pads):
            return source, schema.Padding.VALID
        size = self.shapes[name][2:]
        same = [same_padding(s, k, t) for s, k, t in
                zip(size, attributes["kernel_shape"], strides, strict=True)]
        if [(pads[0], pads[2]), (pads[1], pads[3])] == same:
            return source, schema.Padding.SAME
        scale, zero = self.parameters(self.dequantize[name])
        shape = nhwc(self.shapes[name])
        shape[1] += pads[0] + pads[2]
        shape[2] += pads[1] + pads[3]
        amounts = [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]]
        target = self.flat.tensor(f"{name}/padded", shape, np.int8, scale, zero)
        paddings = self.flat.tensor(f"{name}/paddings", [4, 2], np.int32,
                                    data=np.array(amounts))
        self.flat.operator("PAD", [source, paddings], target, "PadOptions")
        return target, schema.Padding.VALID

    def emit_Conv(self, node: onnx.NodeProto, attributes: dict) -> None:
        codes, scale = self.weights(node.input[1])
        scale = np.broadcast_to(scale, codes.shape[0])
        groups, channels = attributes.get("group", 1), self.shapes[node.input[0]][1]
        source, padding = self.padded(node.input[0], attributes)
        strides = attributes.get("strides", [1, 1])
        fields = {"padding": padding, "strideH": strides[0], "strideW": strides[1],
                  "dilationHFactor": 1, "dilationWFactor": 1}
        bias = self.bias(node, scale * self.scale_of(node.input[0]))
        if groups == 1:
            kind, options, axis, order = "CONV_2D", "Conv2DOptions", 0, (0, 2, 3, 1)
        elif groups == channels:
            kind, options, axis = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", 3
            order = (1, 2, 3, 0)
            fields["depthMultiplier"] = codes.shape[0] // channels
        else:
            raise Unsupported("grouped convolution")
        codes = codes.transpose(order)
        weights = self.flat.tensor(node.input[1], codes.shape, np.int8, scale, 0, axis,
                                   codes)
        self.flat.operator(kind, [source, weights, bias], self.result(node.output[0]),
                           options, **fields)

    def emit_Gemm(self, node: onnx.NodeProto, attributes: dict) -> None:
        codes, scale = self.weights(node.input[1])
        if not attributes.get("transB", 0):
            codes = codes.T
        if node.input[0] in self.flattened:  # columns in the order C, H, W
            c, h, w = self.flattened[node.input[0]]
            codes = codes.reshape(-1, c, h, w).transpose(0, 2, 3, 1)
            codes = codes.reshape(len(codes), -1)
        scale = np.broadcast_to(scale, codes.shape[0])
        bias = self.bias(node, scale * self.scale_of(node.input[0]))
        weights = self.flat.tensor(node.input[1], codes.shape, np.int8, scale, 0, 0, codes)
        self.flat.operator("FULLY_CONNECTED", [self.operand(node.input[0]), weights, bias],
                           self.result(node.output[0]), "FullyConnectedOptions")

    def emit_Add(self, node: onnx.NodeProto, _: dict) -> None:
        self.flat.operator("ADD", [self.operand(name) for name in node.input],
                           self.result(node.output[0]), "AddOptions")

    def emit_MaxPool(self, node: onnx.NodeProto, attributes: dict) -> None:
        self.emit_pool("MAX_POOL_2D", node, attributes)

    def emit_AveragePool(self, node: onnx.NodeProto, attributes: dict) -> None:
        if any(attributes.get("pads", [])):
            raise Unsupported("average over padding")
        self.emit_pool("AVERAGE_POOL_2D", node, attributes)

    def emit_pool(self, kind: str, node: onnx.NodeProto, attributes: dict) -> None:
        """Codes keep their grid; a border of zeros is below all maxima of a ReLU."""
        grid = self.parameters(self.dequantize[node.input[0]])
        if any(attributes.get("pads", [])) and grid[1] != -128:
            raise Unsupported("maximum over padding of signed values")
        source, padding = self.padded(node.input[0], attributes)
        kernel, strides = attributes["kernel_shape"], attributes.get("strides", [1, 1])
        self.flat.operator(kind, [source], self.result(node.output[0], *grid),
                           "Pool2DOptions", padding=padding, filterHeight=kernel[0],
                           filterWidth=kernel[1], strideH=strides[0],
                           strideW=strides[1])

    def emit_GlobalAveragePool(self, node: onnx.NodeProto, _: dict) -> None:
        axes = self.flat.tensor(f"{node.output[0]}/axes", [2], np.int32,
                                data=np.array([1, 2]))
        self.flat.operator("MEAN", [self.operand(node.input[0]), axes],
                           self.result(node.output[0]), "ReducerOptions", keepDims=True)

    def emit_Flatten(self, node: onnx.NodeProto, _: dict) -> None:
        shape = self.shapes[node.input[0]]
        self.flattened[self.after(node.output[0])] = shape[1:]
        grid = self.parameters(self.dequantize[node.input[0]])
        target = self.result(node.output[0], *grid)
        sizes = self.shapes[node.output[0]]
        constant = self.flat.tensor(f"{node.output[0]}/shape", [2], np.int32,
                                    data=np.array(sizes))
        self.flat.operator("RESHAPE", [self.operand(node.input[0]), constant], target,
                           "ReshapeOptions", newShape=sizes)

    def after(self, name: str) -> str:
        """The float value that comes out where `name` was quantized."""
        codes = self.quantize[name].output[0]
        return next(out for out, n in self.dequantize.items() if n.input[0] == codes)

    def emit_Softmax(self, node: onnx.NodeProto, _: dict) -> None:
        target = self.result(node.output[0], np.float32(1 / 256), -128)  # the only grid
        self.flat.operator("SOFTMAX", [self.operand(node.input[0])], target,
                           "SoftmaxOptions", beta=1.0)


def rewrite(source: Path, target: Path) -> None:
    """Writes the QDQ model `source` as `target`; raises Unsupported."""
    Rewriter(onnx.load(source)).run(target)


def write_nothing(target: Path) -> None:
    """A network that quantizes four floats and takes them back."""
    flat = FlatModel()
    source, result = (flat.tensor(name, [1, 4], np.float32) for name in "xy")
    codes = flat.tensor("q", [1, 4], np.int8, np.float32(1))
    flat.operator("QUANTIZE", [source], codes, "QuantizeOptions")
    flat.operator("DEQUANTIZE", [codes], result, "DequantizeOptions")
    flat.save([source], [result], target)
