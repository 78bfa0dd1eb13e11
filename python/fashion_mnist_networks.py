# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The small Fashion-MNIST networks, as PyTorch modules, and their export.

They are small because they live in the repository, and different because each
shows another part of the compiler:
  plain       3x3 convolutions, max pooling, two fully connected layers;
  depthwise   depthwise-separable, ReLU6, batch norm left in the file;
  residual    residual additions with and without a projection;
  deep        50 layers: sixteen bottlenecks, most with an identity as shortcut,
              as in ResNet-50.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fashion_mnist import CLASSES
from onnx_builder import GraphBuilder


class Residual(nn.Module):
    """relu(body(x) + shortcut(x))."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.body(x) + self.shortcut(x))


def conv_bn(inputs: int, outputs: int, kernel: int = 3, stride: int = 1,
            groups: int = 1, activation: nn.Module | None = None
            ) -> nn.Sequential:
    """A convolution without bias, batch norm, and perhaps an activation."""
    layers = OrderedDict(
        conv=nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2,
                       groups=groups, bias=False),
        bn=nn.BatchNorm2d(outputs))
    if activation is not None:
        layers["act"] = activation
    return nn.Sequential(layers)


def plain() -> nn.Sequential:
    return nn.Sequential(OrderedDict(
        conv1=conv_bn(1, 16, activation=nn.ReLU()),
        pool1=nn.MaxPool2d(2),
        conv2=conv_bn(16, 32, activation=nn.ReLU()),
        pool2=nn.MaxPool2d(2),
        conv3=conv_bn(32, 48, activation=nn.ReLU()),
        pool3=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        dropout=nn.Dropout(0.2),
        fc1=nn.Linear(48 * 3 * 3, 96),
        relu=nn.ReLU(),
        logits=nn.Linear(96, CLASSES)))


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A depthwise 3x3 and a pointwise convolution, each with BN and ReLU6."""
    return nn.Sequential(OrderedDict(
        dw=conv_bn(inputs, inputs, stride=stride, groups=inputs,
                   activation=nn.ReLU6()),
        pw=conv_bn(inputs, outputs, kernel=1, activation=nn.ReLU6())))


def depthwise() -> nn.Sequential:
    return nn.Sequential(OrderedDict(
        stem=conv_bn(1, 16, activation=nn.ReLU6()),
        block1=separable(16, 48, stride=2),
        block2=separable(48, 96),
        block3=separable(96, 128, stride=2),
        block4=separable(128, 128),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        logits=nn.Linear(128, CLASSES)))


def residual_block(inputs: int, outputs: int, stride: int = 1) -> Residual:
    """Two 3x3 convolutions; a 1x1 projection where the shape changes."""
    body = nn.Sequential(OrderedDict(
        conv1=conv_bn(inputs, outputs, stride=stride, activation=nn.ReLU()),
        conv2=conv_bn(outputs, outputs)))
    same_shape = stride == 1 and inputs == outputs
    shortcut = nn.Identity() if same_shape else conv_bn(
        inputs, outputs, kernel=1, stride=stride)
    return Residual(body, shortcut)


def residual() -> nn.Sequential:
    return nn.Sequential(OrderedDict(
        stem=conv_bn(1, 16, activation=nn.ReLU()),
        pool0=nn.MaxPool2d(2),
        block1=residual_block(16, 16),
        block2=residual_block(16, 32, stride=2),
        block3=residual_block(32, 32),
        pool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        logits=nn.Linear(32, CLASSES)))


def bottleneck(inputs: int, width: int, stride: int = 1) -> Residual:
    """1x1, 3x3 and 1x1 to four times the width; a projection where the shape
    changes."""
    outputs = 4 * width
    body = nn.Sequential(OrderedDict(
        conv1=conv_bn(inputs, width, kernel=1, activation=nn.ReLU()),
        conv2=conv_bn(width, width, stride=stride, activation=nn.ReLU()),
        conv3=conv_bn(width, outputs, kernel=1)))
    same_shape = stride == 1 and inputs == outputs
    shortcut = nn.Identity() if same_shape else conv_bn(
        inputs, outputs, kernel=1, stride=stride)
    return Residual(body, shortcut)


def deep() -> nn.Sequential:
    layers = OrderedDict(stem=conv_bn(1, 16, activation=nn.ReLU()),
                         pool0=nn.MaxPool2d(2))
    inputs = 16
    for block in range(16):
        width = 8 if block < 8 else 16
        layers[f"block{block + 1}"] = bottleneck(
            inputs, width, stride=2 if block == 8 else 1)
        inputs = 4 * width
    layers.update(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(),
                  logits=nn.Linear(inputs, CLASSES))
    return nn.Sequential(layers)


NETWORKS: dict[str, Callable[[], nn.Sequential]] = {
    "plain": plain, "depthwise": depthwise, "residual": residual, "deep": deep}
# Batch norm stays in this file, so that folding it is the compiler's work.
UNFOLDED = frozenset({"depthwise"})


class OnnxExporter:
    """Writes the modules above as ONNX nodes named by their place."""

    def __init__(self, graph: GraphBuilder, fold_batch_norm: bool) -> None:
        self._graph = graph
        self._fold_batch_norm = fold_batch_norm
        self._emitters = {
            nn.Sequential: self._sequential,
            Residual: self._residual,
            nn.Conv2d: self._conv,
            nn.BatchNorm2d: self._batch_norm,
            nn.Linear: self._linear,
            nn.ReLU: lambda m, n, x: graph.node("Relu", n, [x]),
            nn.ReLU6: lambda m, n, x: graph.relu6(n, x),
            nn.MaxPool2d: self._max_pool,
            nn.AdaptiveAvgPool2d:
                lambda m, n, x: graph.node("GlobalAveragePool", n, [x]),
            nn.Flatten: lambda m, n, x: graph.node("Flatten", n, [x], axis=1),
            # Neither of them computes anything at inference.
            nn.Dropout: lambda m, n, x: x,
            nn.Identity: lambda m, n, x: x,
        }

    def emit(self, module: nn.Module, name: str, x: str) -> str:
        """Adds `module` applied to value `x`; returns the result's name."""
        return self._emitters[type(module)](module, name, x)

    def _sequential(self, module: nn.Sequential, name: str, x: str) -> str:
        layers = dict(module.named_children())
        if self._fold_batch_norm and "bn" in layers:
            layers["conv"] = fuse_conv_bn_eval(layers["conv"], layers.pop("bn"))
        prefix = f"{name}." if name else ""
        for child, layer in layers.items():
            x = self.emit(layer, prefix + child, x)
        return x

    def _residual(self, module: Residual, name: str, x: str) -> str:
        body = self.emit(module.body, f"{name}.body", x)
        shortcut = self.emit(module.shortcut, f"{name}.shortcut", x)
        total = self._graph.node("Add", f"{name}.add", [body, shortcut])
        return self.emit(module.relu, f"{name}.relu", total)

    def _conv(self, module: nn.Conv2d, name: str, x: str) -> str:
        bias = None if module.bias is None else _array(module.bias)
        return self._graph.conv(name, x, _array(module.weight), bias,
                                module.stride[0], module.padding[0],
                                module.groups)

    def _batch_norm(self, module: nn.BatchNorm2d, name: str, x: str) -> str:
        return self._graph.batch_norm(
            name, x, _array(module.weight), _array(module.bias),
            _array(module.running_mean), _array(module.running_var),
            module.eps)

    def _linear(self, module: nn.Linear, name: str, x: str) -> str:
        return self._graph.gemm(name, x, _array(module.weight),
                                _array(module.bias))

    def _max_pool(self, module: nn.MaxPool2d, name: str, x: str) -> str:
        size = [module.kernel_size] * 2
        return self._graph.node("MaxPool", name, [x], kernel_shape=size,
                                strides=size)


def _array(tensor: torch.Tensor):
    return tensor.detach().numpy()


def export(network: nn.Sequential, name: str, path: Path) -> None:
    """Writes `network`, in evaluation mode, as an ONNX file.

    Input `image` f32 [1, 1, 28, 28] in 0..1, output `logits` f32 [1, 10].
    """
    graph = GraphBuilder(name)
    image = graph.input("image", [1, 1, 28, 28])
    exporter = OnnxExporter(graph, fold_batch_norm=name not in UNFOLDED)
    graph.output(exporter.emit(network.eval(), "", image), [1, CLASSES])
    graph.save(path)
