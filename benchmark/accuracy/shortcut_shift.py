#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Why iterative bias correction can break residual networks.

The paper saw its correction cost ResNet-50 more than ten points and did not find
out why. This corrects the biases of a residual network in several ways that an
implementation may come to, right and wrong, and measures each against the float
network: SQNR and agreement of the logits, and how far the mean of every residual
sum is off.

The ways are simulated in NumPy (weights int8 per tensor, activations 8 bits,
min/max ranges of the calibration images, a convolution rounds once with the
addition that reads it); the last rows are the integer programs that qopt-compile
makes, so that `none` can be compared with its simulation.

    benchmark/accuracy/shortcut_shift.py [NETWORK.onnx...] [--images=64]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python"))

import fashion_mnist  # noqa: E402
import logits  # noqa: E402
from qopt_tools import compile_model, infer  # noqa: E402

NETWORKS = [REPOSITORY / f"test/data/fashion_mnist/{name}.onnx"
            for name in ("plain", "residual", "deep")]
TEST_IMAGES = 2000


@dataclass(frozen=True)
class Way:
    """How biases are corrected."""
    title: str
    corrects: bool = True
    after: bool = False     # means after the activation, as in the paper
    at_once: bool = False   # shifts of the uncorrected network for all layers
    rounds: int = 1
    shortcut: str = "now"   # what a sum is measured with: now, stale or none
    images: int | None = None


WAYS = [
    Way("none", corrects=False),
    Way("layer by layer, on the sum"),
    Way("layer by layer, on the sum, after the activation", after=True),
    Way("the same with 8 images", after=True, images=8),
    Way("each convolution for itself", shortcut="none"),
    Way("shortcut measured before its correction", shortcut="stale"),
    Way("the same, after the activation", shortcut="stale", after=True),
    Way("all layers at once", at_once=True),
    Way("the same, after the activation", at_once=True, after=True),
    Way("all layers at once, 2 rounds", at_once=True, rounds=2),
    Way("all layers at once, 4 rounds", at_once=True, rounds=4),
    Way("the same, after the activation", at_once=True, after=True, rounds=4),
]
PROGRAMS = {"none": [], "pre": ["--correct-bias=pre"],
            "post": ["--correct-bias=post"],
            "pre+post": ["--correct-bias=pre+post"]}


def convolve(x: np.ndarray, weights: np.ndarray, stride: int,
             pad: int) -> np.ndarray:
    """x [N,C,H,W], weights [O,C,K,K]."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = weights.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    windows = windows[:, :, ::stride, ::stride]
    n, c, h, w = windows.shape[:4]
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, -1)
    result = columns @ weights.reshape(len(weights), -1).T
    return result.reshape(n, h, w, -1).transpose(0, 3, 1, 2)


def max_pool(x: np.ndarray, size: int) -> np.ndarray:
    n, c, h, w = x.shape
    h, w = h // size, w // size
    x = x[:, :, :h * size, :w * size]
    return x.reshape(n, c, h, size, w, size).max((3, 5))


def channel_mean(x: np.ndarray) -> np.ndarray:
    return x.mean(tuple(i for i in range(x.ndim) if i != 1), dtype=np.float64)


def per_channel(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    return values.reshape(1, -1, *[1] * (like.ndim - 2)).astype(np.float32)


@dataclass
class Step:
    """A place where values are rounded: a layer with what is fused into it."""
    kind: str           # layer, pool, mean or flatten
    name: str
    source: str
    weights: np.ndarray | None = None
    bias: np.ndarray | None = None
    stride: int = 1
    pad: int = 0
    shortcut: str | None = None
    relu: bool = False


class Network:
    """The steps of an ONNX file of convolutions, ReLUs, additions and pools."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self.steps: list[Step] = []
        self._parameters = {tensor.name: numpy_helper.to_array(tensor)
                            for tensor in graph.initializer}
        self._step_of: dict[str, Step] = {}
        for node in graph.node:
            self._add(node)
        self.result = graph.output[0].name

    def _add(self, node: onnx.NodeProto) -> None:
        attributes = {a.name: onnx.helper.get_attribute_value(a)
                      for a in node.attribute}
        source, output = node.input[0], node.output[0]
        if node.op_type in ("Conv", "Gemm"):
            weights, bias = (self._parameters[name] for name in node.input[1:3])
            step = Step("layer", output, source, weights, bias)
            if node.op_type == "Conv":
                step.stride = attributes.get("strides", [1])[0]
                step.pad = attributes.get("pads", [0])[0]
        elif node.op_type == "Relu":
            return self._rename(source, output, relu=True)
        elif node.op_type == "Add":
            # The later of two convolutions takes in the sum, as in qopt.
            own, other = sorted(node.input, key=self._position, reverse=True)
            return self._rename(own, output, shortcut=other)
        elif node.op_type == "MaxPool":
            step = Step("pool", output, source,
                        stride=attributes["kernel_shape"][0])
        else:
            kinds = {"GlobalAveragePool": "mean", "Flatten": "flatten"}
            step = Step(kinds[node.op_type], output, source)
        self.steps.append(step)

    def _position(self, value: str) -> int:
        """Identities were there before the layers of the block's body."""
        places = [i for i, step in enumerate(self.steps) if step.name == value]
        return places[0] if places else -1

    def _rename(self, value: str, name: str, **changes: object) -> None:
        step = self.steps[self._position(value)]
        # Whatever lies between was computed before, so that it may go last.
        self.steps.remove(step)
        self.steps.append(step)
        step.name = name
        for key, change in changes.items():
            setattr(step, key, change)


def compute_sum(step: Step, weights: np.ndarray, bias: np.ndarray,
                x: np.ndarray) -> np.ndarray:
    """What a layer's accumulators hold, without the shortcut."""
    result = (x @ weights.T if weights.ndim == 2
              else convolve(x, weights, step.stride, step.pad))
    return result + per_channel(bias, result)


def activate(step: Step, x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) if step.relu else x


def run_float(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """All values; the sums before the activation as name + '.before'."""
    values = {"image": images}
    for step in network.steps:
        x = values[step.source]
        if step.kind == "layer":
            x = compute_sum(step, step.weights, step.bias, x)
            if step.shortcut:
                x = x + values[step.shortcut]
            values[f"{step.name}.before"] = x
            x = activate(step, x)
        else:
            x = move(step, x)
        values[step.name] = x
    return values


def move(step: Step, x: np.ndarray) -> np.ndarray:
    if step.kind == "pool":
        return max_pool(x, step.stride)
    return x.mean((2, 3), keepdims=True) if step.kind == "mean" else (
        x.reshape(len(x), -1))


class Simulation:
    """The quantized network: grids from the values of the float one."""

    def __init__(self, network: Network, exact: dict[str, np.ndarray]) -> None:
        self.network, self.exact = network, exact
        self.weights, self.bias = {}, {}
        for step in network.steps:
            if step.kind == "layer":
                scale = np.abs(step.weights).max() / 127
                self.weights[step.name] = np.round(step.weights / scale) * scale
                self.bias[step.name] = step.bias.astype(np.float64)

    def round(self, name: str, x: np.ndarray) -> np.ndarray:
        low = min(float(self.exact[name].min()), 0.0)
        high = max(float(self.exact[name].max()), 0.0)
        scale = (high - low) / 255
        zero = np.round(-128 - low / scale)
        codes = np.clip(np.round(x / scale) + zero, -128, 127)
        return ((codes - zero) * scale).astype(np.float32)

    def accumulate(self, step: Step, x: np.ndarray) -> np.ndarray:
        return compute_sum(step, self.weights[step.name], self.bias[step.name], x)

    def finish(self, step: Step, x: np.ndarray) -> np.ndarray:
        x = activate(step, x)
        return x if step.name == self.network.result else self.round(step.name, x)

    def run(self, images: np.ndarray) -> dict[str, np.ndarray]:
        values = {"image": self.round("image", images)}
        for step in self.network.steps:
            x = values[step.source]
            if step.kind == "layer":
                x = self.accumulate(step, x)
                if step.shortcut:
                    x = x + values[step.shortcut]
                values[step.name] = self.finish(step, x)
            else:
                x = move(step, x)
                values[step.name] = (self.round(step.name, x)
                                     if step.kind == "mean" else x)
        return values

    def correct(self, way: Way, images: np.ndarray) -> None:
        """Adds to the biases what `way` finds, layer after layer."""
        count = way.images or len(images)
        exact = {name: x[:count] for name, x in self.exact.items()}
        uncorrected = self.run(images[:count])
        values = {"image": self.round("image", images[:count])}
        for step in self.network.steps:
            x = values[step.source]
            if step.kind != "layer":
                x = move(step, x)
                values[step.name] = (self.round(step.name, x)
                                     if step.kind == "mean" else x)
                continue
            total = own = self.accumulate(step, x)
            if step.shortcut:
                total = own + values[step.shortcut]
            shift = self._find_shift(way, step, own, values, uncorrected, exact)
            self.bias[step.name] += shift
            values[step.name] = self.finish(step, total + per_channel(shift, total))

    def _find_shift(self, way: Way, step: Step, own: np.ndarray,
                    values: dict[str, np.ndarray],
                    uncorrected: dict[str, np.ndarray],
                    exact: dict[str, np.ndarray]) -> np.ndarray:
        wanted = exact[f"{step.name}.before"]
        if way.at_once:
            own = self.accumulate(step, uncorrected[step.source])
        if step.shortcut:
            if way.shortcut == "none":
                wanted = wanted - exact[step.shortcut]
            else:
                stale = way.at_once or way.shortcut == "stale"
                own = own + (uncorrected if stale else values)[step.shortcut]
        if way.after and way.shortcut != "none":
            wanted, own = activate(step, wanted), self.finish(step, own)
        return channel_mean(wanted) - channel_mean(own)


def measure_sums(network: Network, exact: dict[str, np.ndarray],
                 values: dict[str, np.ndarray]) -> list[float]:
    """Shift of each residual sum, root mean square of its channels, in % of the
    root mean square of its values."""
    shifts = []
    for step in network.steps:
        if step.shortcut:
            error = channel_mean(values[step.name] - exact[step.name])
            size = np.sqrt(np.mean(np.square(exact[step.name])))
            shifts.append(100 * float(np.sqrt(np.mean(error ** 2)) / size))
    return shifts


def print_row(title: str, exact: np.ndarray, measured: np.ndarray,
              labels: np.ndarray, shifts: list[float]) -> None:
    print(f"{title:50} {logits.sqnr_db(exact, measured):6.1f} "
          f"{100 * logits.agreement(exact, measured):6.1f} "
          f"{100 * logits.accuracy(measured, labels):6.1f}  "
          + " ".join(f"{shift:.1f}" for shift in shifts), flush=True)


def measure(path: Path, calibration: np.ndarray, samples: np.ndarray,
            labels: np.ndarray) -> None:
    network = Network(path)
    known = run_float(network, calibration)
    exact = run_float(network, samples)
    sums = sum(step.shortcut is not None for step in network.steps)
    reference = exact[network.result]
    print(f"\n{path.stem}: {sums} residual additions; top-1 of float "
          f"{100 * logits.accuracy(reference, labels):.1f} %\n"
          f"{'biases corrected':50} {'SQNR':>6} {'agree':>6} {'top-1':>6}  "
          "shift of the sums, %")
    for way in WAYS:
        simulation = Simulation(network, known)
        for _ in range(way.rounds if way.corrects else 0):
            simulation.correct(way, calibration)
        values = simulation.run(samples)
        print_row(way.title, reference, values[network.result], labels,
                  measure_sums(network, exact, values))
    with tempfile.TemporaryDirectory() as folder:
        data, tested = Path(folder) / "data.npy", Path(folder) / "tested.npy"
        np.save(data, calibration)
        np.save(tested, samples)
        for title, options in PROGRAMS.items():
            base = compile_model(path, Path(folder), data,
                                 ["--weights=per-tensor", "--emit=so", *options])
            print_row(f"integer program, {title}", reference,
                      infer(Path(f"{base}.so"), tested, "native"), labels, [])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", type=Path, default=NETWORKS)
    parser.add_argument("--images", type=int, default=64)
    options = parser.parse_args()
    calibration = fashion_mnist.load("train")[0][:options.images]
    samples, labels = fashion_mnist.load("t10k")
    for path in options.networks:
        measure(path, calibration, samples[:TEST_IMAGES], labels[:TEST_IMAGES])
    return 0


if __name__ == "__main__":
    sys.exit(main())
