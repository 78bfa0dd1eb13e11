#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes MobileNet-v1, MobileNet-v2 and ResNet-50 with random weights.

Time and memory do not depend on what the weights are, so the benchmarks need no
download. The scaling keeps activations of order one through all layers, because
quantizing a network whose ranges explode would measure something else.
Input `image` f32 [1, 3, 224, 224], output `logits` f32 [1, 1000].
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from onnx_builder import GraphBuilder

CLASSES = 1000
INPUT_SIZE = 224
BN_EPSILON = 1e-3


class NetworkBuilder:
    """Layers with random weights, on top of GraphBuilder.

    `x` everywhere is the pair (name of an ONNX value, its number of channels).
    """

    def __init__(self, name: str, seed: int, batch_norm: bool) -> None:
        self.graph = GraphBuilder(name)
        self._random = np.random.default_rng(seed)
        self._batch_norm = batch_norm

    def image(self) -> tuple[str, int]:
        shape = [1, 3, INPUT_SIZE, INPUT_SIZE]
        return self.graph.input("image", shape), 3

    def conv(self, name: str, x: tuple[str, int], channels: int, kernel: int,
             stride: int = 1, groups: int = 1, activation: str = "",
             gain: float = 2.0) -> tuple[str, int]:
        """Convolution, batch norm and activation ("", "Relu" or "Relu6").

        He's initialization: `gain` 2 keeps the mean square constant where a
        ReLU halves it; a smaller one keeps residual sums from growing.
        """
        value, inputs = x
        shape = (channels, inputs // groups, kernel, kernel)
        weight = self._normal(shape, np.sqrt(gain / np.prod(shape[1:])))
        bias = None if self._batch_norm else self._normal((channels,), 0.05)
        value = self.graph.conv(f"{name}.conv", value, weight, bias, stride,
                                kernel // 2, groups)
        if self._batch_norm:
            value = self._random_batch_norm(f"{name}.bn", value, channels)
        if activation == "Relu6":
            value = self.graph.relu6(f"{name}.relu6", value)
        elif activation:
            value = self.graph.node(activation, f"{name}.act", [value])
        return value, channels

    def add(self, name: str, a: tuple[str, int],
            b: tuple[str, int]) -> tuple[str, int]:
        return self.graph.node("Add", name, [a[0], b[0]]), a[1]

    def relu(self, name: str, x: tuple[str, int]) -> tuple[str, int]:
        return self.graph.node("Relu", name, [x[0]]), x[1]

    def max_pool(self, name: str, x: tuple[str, int]) -> tuple[str, int]:
        """3x3 with stride 2 and padding 1, as ResNet has it."""
        value = self.graph.node("MaxPool", name, [x[0]], kernel_shape=[3, 3],
                                strides=[2, 2], pads=[1] * 4)
        return value, x[1]

    def classify(self, x: tuple[str, int]) -> None:
        """Global average pooling and the fully connected layer."""
        value, channels = x
        value = self.graph.node("GlobalAveragePool", "pool", [value])
        value = self.graph.node("Flatten", "flatten", [value], axis=1)
        weight = self._normal((CLASSES, channels), np.sqrt(1 / channels))
        bias = self._normal((CLASSES,), 0.05)
        logits = self.graph.gemm("logits", value, weight, bias)
        self.graph.output(logits, [1, CLASSES])

    def _normal(self, shape: tuple[int, ...], deviation: float) -> np.ndarray:
        values = self._random.standard_normal(shape, dtype=np.float32)
        return values * np.float32(deviation)

    def _uniform(self, low: float, high: float, size: int) -> np.ndarray:
        return self._random.uniform(low, high, size).astype(np.float32)

    def _random_batch_norm(self, name: str, value: str, channels: int) -> str:
        return self.graph.batch_norm(
            name, value, gamma=self._uniform(0.8, 1.2, channels),
            beta=self._normal((channels,), 0.1),
            mean=self._normal((channels,), 0.1),
            variance=self._uniform(0.8, 1.2, channels), epsilon=BN_EPSILON)


def mobilenet_v1(net: NetworkBuilder) -> None:
    """MobileNet-v1 1.0 224 (Howard et al. 2017, table 1): 569 MMAC."""
    x = net.conv("stem", net.image(), 32, 3, stride=2, activation="Relu6")
    layers = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
    layers += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
    for i, (channels, stride) in enumerate(layers, start=1):
        x = net.conv(f"block{i}.dw", x, x[1], 3, stride, groups=x[1],
                     activation="Relu6")
        x = net.conv(f"block{i}.pw", x, channels, 1, activation="Relu6")
    net.classify(x)


def mobilenet_v2(net: NetworkBuilder) -> None:
    """MobileNet-v2 1.0 224 (Sandler et al. 2018, table 2): 301 MMAC."""
    x = net.conv("stem", net.image(), 32, 3, stride=2, activation="Relu6")
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
            (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    blocks = [(expansion, channels, stride if i == 0 else 1)
              for expansion, channels, count, stride in rows
              for i in range(count)]
    for i, (expansion, channels, stride) in enumerate(blocks):
        x = _inverted_residual(net, f"block{i}", x, expansion, channels, stride)
    net.classify(net.conv("head", x, 1280, 1, activation="Relu6"))


def _inverted_residual(net: NetworkBuilder, name: str, x: tuple[str, int],
                       expansion: int, channels: int,
                       stride: int) -> tuple[str, int]:
    y = x
    if expansion != 1:
        y = net.conv(f"{name}.expand", y, expansion * x[1], 1,
                     activation="Relu6")
    y = net.conv(f"{name}.dw", y, y[1], 3, stride, groups=y[1],
                 activation="Relu6")
    has_shortcut = stride == 1 and channels == x[1]
    y = net.conv(f"{name}.project", y, channels, 1,
                 gain=0.3 if has_shortcut else 1.0)
    return net.add(f"{name}.add", x, y) if has_shortcut else y


def resnet50(net: NetworkBuilder) -> None:
    """ResNet-50 224 (He et al. 2015), stride in the 3x3: 4089 MMAC."""
    x = net.conv("stem", net.image(), 64, 7, stride=2, activation="Relu")
    x = net.max_pool("stem.pool", x)
    for stage, (width, count) in enumerate([(64, 3), (128, 4), (256, 6),
                                            (512, 3)], start=1):
        for block in range(count):
            stride = 2 if block == 0 and stage > 1 else 1
            x = _bottleneck(net, f"stage{stage}.block{block}", x, width, stride)
    net.classify(x)


def _bottleneck(net: NetworkBuilder, name: str, x: tuple[str, int], width: int,
                stride: int) -> tuple[str, int]:
    channels = 4 * width
    y = net.conv(f"{name}.conv1", x, width, 1, activation="Relu")
    y = net.conv(f"{name}.conv2", y, width, 3, stride, activation="Relu")
    y = net.conv(f"{name}.conv3", y, channels, 1, gain=0.3)
    if x[1] != channels:
        x = net.conv(f"{name}.shortcut", x, channels, 1, stride, gain=1.0)
    return net.relu(f"{name}.relu", net.add(f"{name}.add", y, x))


NETWORKS: dict[str, Callable[[NetworkBuilder], None]] = {
    "mobilenet_v1": mobilenet_v1, "mobilenet_v2": mobilenet_v2,
    "resnet50": resnet50}


def write(name: str, path: Path, seed: int = 1,
          batch_norm: bool = True) -> None:
    """Writes network `name` to `path`."""
    net = NetworkBuilder(name, seed, batch_norm)
    NETWORKS[name](net)
    net.graph.save(path)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK",
                        help=f"which of {', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--output", type=Path, required=True,
                        help="folder for NETWORK.onnx")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-batch-norm", action="store_true",
                        help="convolutions with a bias instead of batch norm")
    options = parser.parse_args()
    for name in options.networks:
        if name not in NETWORKS:
            parser.error(f"there is no network {name}")
    for name in options.networks or NETWORKS:
        write(name, options.output / f"{name}.onnx", options.seed,
              not options.no_batch_norm)
    return 0


if __name__ == "__main__":
    sys.exit(main())
