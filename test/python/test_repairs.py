# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every repair of accuracy: same files from any number of threads, and networks
and data that a repair may not suit."""

import re
import unittest
from pathlib import Path

import numpy as np

from onnx_builder import GraphBuilder
from tool_testing import ToolTestCase

ALL = ("--equalize=noise-model", "--split-channels", "--round=hessian",
       "--correct-bias=pre+post", "--weights=per-tensor")
SPLIT = ("--equalize=noise-model", "--split-outliers=100", "--round=hessian",
         "--correct-bias=pre+post", "--weights=per-tensor")
REPAIRS = (
    ("--equalize=cross-layer", "--correct-bias=pre", "--bias-bits=16"),
    ("--split-outliers=100", "--equalize=cross-layer"),
    SPLIT,
    ("--correct-bias=post", "--round=hessian", "--weight-ranges=mse"),
    ALL)
PRESETS = (("--preset=fast", "--weights=per-tensor"), ("--preset=best",),
           ("--preset=best", "--weights=per-tensor"))


class Layers:
    """Adds layers with random weights to a graph."""

    def __init__(self, graph: GraphBuilder) -> None:
        self.graph = graph
        self.random = np.random.default_rng(1)

    def normal(self, *shape: int) -> np.ndarray:
        return self.random.standard_normal(shape, np.float32) * np.float32(0.3)

    def conv(self, name: str, x: str, inputs: int, outputs: int,
             groups: int = 1) -> str:
        weight = self.normal(outputs, inputs // groups, 3, 3)
        return self.graph.conv(name, x, weight, self.normal(outputs),
                               padding=1, groups=groups)

    def norm(self, name: str, x: str, channels: int) -> str:
        positive = np.abs(self.normal(channels)) + np.float32(0.5)
        return self.graph.batch_norm(name, x, positive, self.normal(channels),
                                     self.normal(channels), positive, 1e-3)

    def relu(self, name: str, x: str) -> str:
        return self.graph.node("Relu", name, [x])

    def classify(self, x: str, channels: int, name: str = "logits") -> None:
        mean = self.graph.node("GlobalAveragePool", f"{name}.mean", [x])
        flat = self.graph.node("Flatten", f"{name}.flat", [mean])
        self.graph.gemm(name, flat, self.normal(5, channels), self.normal(5))
        self.graph.output(name, [1, 5])


def plain(layers: Layers, x: str) -> None:
    """With batch norm, depthwise, ReLU6 and a dead channel."""
    y = layers.norm("norm", layers.conv("first", x, 3, 8), 8)
    y = layers.graph.relu6("clip", y)
    y = layers.relu("relu", layers.conv("depthwise", y, 8, 8, groups=8))
    layers.classify(layers.conv("last", y, 8, 6), 6)


def without_norm(layers: Layers, x: str) -> None:
    y = layers.relu("relu", layers.conv("first", x, 3, 8))
    layers.classify(layers.relu("relu2", layers.conv("second", y, 8, 8)), 8)


def shared_weights(layers: Layers, x: str) -> None:
    """Two layers read the same constants."""
    y = layers.relu("relu", layers.conv("first", x, 3, 8))
    y = layers.relu("relu2", layers.conv("second", y, 8, 8))
    y = layers.graph.node("Conv", "third", [y, "second.weight", "second.bias"],
                          kernel_shape=[3, 3], pads=[1] * 4)
    layers.classify(y, 8)


def several_outputs(layers: Layers, x: str) -> None:
    y = layers.relu("relu", layers.conv("first", x, 3, 8))
    layers.graph.output("relu", [1, 8, 8, 8])
    layers.classify(y, 8, "logits")
    layers.classify(layers.conv("second", y, 8, 4), 4, "other")


def unused_layer(layers: Layers, x: str) -> None:
    y = layers.relu("relu", layers.conv("first", x, 3, 8))
    layers.conv("unused", y, 8, 4)
    layers.classify(y, 8)


def no_chain(layers: Layers, x: str) -> None:
    """No scale passes through a sigmoid, or back from a concatenation."""
    y = layers.graph.node("Sigmoid", "sigmoid",
                          [layers.conv("first", x, 3, 8)])
    y = layers.graph.node("Concat", "concat",
                          [layers.conv("second", y, 8, 4), x], axis=1)
    layers.classify(layers.graph.node("Tanh", "tanh", [y]), 7)


def residual(layers: Layers, x: str) -> None:
    y = layers.relu("relu", layers.conv("first", x, 3, 8))
    z = layers.conv("second", y, 8, 8)
    y = layers.relu("relu2", layers.graph.node("Add", "add", [y, z]))
    layers.classify(y, 8)


def large_biases(layers: Layers, x: str) -> None:
    """Far larger than what the products add up to."""
    for name, inputs in (("first", 3), ("second", 8)):
        weight = layers.normal(8, inputs, 3, 3) / 8
        x = layers.graph.conv(name, x, weight, layers.normal(8) * 30, padding=1)
        x = layers.relu(f"{name}.relu", x)
    layers.classify(x, 8)


def one_layer(layers: Layers, x: str) -> None:
    layers.classify(x, 3)


NETWORKS = (plain, without_norm, shared_weights, several_outputs,
            unused_layer, no_chain, residual, one_layer)


def read_biases(path: Path) -> np.ndarray:
    """All i32 constants of an integer program; resources start with the
    alignment, in four bytes."""
    text = path.read_text()
    biases = [np.array(re.findall(r"-?\d+", values), np.int64) for values in
              re.findall(r"dense<(.*?)> : tensor<\d+xi32>", text)]
    for name in re.findall(r"dense_resource<(.*?)> : tensor<\d+xi32>", text):
        words = re.search(rf'\b{re.escape(name)}: "0x(\w+)"', text)[1]
        biases.append(np.frombuffer(bytes.fromhex(words), "<i4", offset=4))
    return np.concatenate(biases)


class RepairTest(ToolTestCase):
    def make(self, network: object) -> Path:
        graph = GraphBuilder("net")
        network(Layers(graph), graph.input("image", [1, 3, 8, 8]))
        return self.write("net.onnx", graph.model().SerializeToString())

    def repair(self, model: Path, *options: str) -> None:
        self.assert_accepted(self.compile(model, "--name=net",
                                          "--stop-after=quantize", *options))

    def test_threads_and_repeats(self) -> None:
        model = self.make(plain)
        self.data = self.save("more", self.samples(9))
        for options in REPAIRS + PRESETS:
            with self.subTest(options):
                outputs = []
                for threads in (1, 1, 2):
                    self.repair(model, f"--threads={threads}", *options)
                    path = self.output / "net.quantized.mlir"
                    outputs.append(path.read_bytes())
                for other in outputs[1:]:
                    self.assertEqual(outputs[0], other)

    def test_networks(self) -> None:
        for network in NETWORKS:
            model = self.make(network)
            for options in REPAIRS:
                with self.subTest(network=network.__name__, options=options):
                    self.repair(model, *options)
            # Of the last one, the integer programs of both engines.
            self.assert_accepted(self.run_tool(
                "qopt-run", self.output / "net.quantized.mlir", "--input",
                self.data, "--compare=reference,jit"))

    def test_biases_of_16_bits(self) -> None:
        model = self.make(large_biases)
        path = self.output / "net.quantized.mlir"
        self.repair(model)
        self.assertGreater(np.abs(read_biases(path)).max(), 32767)
        for options in ((), ("--correct-bias=pre+post",), ALL):
            with self.subTest(options):
                self.repair(model, "--bias-bits=16", *options)
                biases = read_biases(path)
                self.assertEqual(biases.size, 8 + 8 + 5)
                self.assertLessEqual(np.abs(biases).max(), 32767)
                self.assert_accepted(self.run_tool(
                    "qopt-run", path, "--input", self.data,
                    "--compare=reference,jit"))

    def test_analysis_against_another_network(self) -> None:
        model = self.make(plain)
        options = ("--equalize=cross-layer", "--weights=per-tensor")
        self.repair(model, *options)
        self.repair(model, *options, "--stop-after=prepare")
        quantized = self.output / "net.quantized.mlir"

        def analyze(exact: Path) -> object:
            return self.run_tool("qopt-run", exact, "--input", self.data,
                                 f"--analyze={quantized}")

        self.assert_accepted(analyze(self.output / "net.prepare.mlir"))
        done = analyze(model)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"has other weights than in the float network",
                      done.stderr)

    def check_data(self, data: np.ndarray) -> None:
        model = self.make(plain)
        self.data = self.save("odd", data)
        for options in REPAIRS:
            with self.subTest(options):
                self.repair(model, *options)

    def test_one_sample(self) -> None:
        self.check_data(self.samples(1))
        self.repair(self.model, *PRESETS[1])

    def test_one_colour(self) -> None:
        for value in (0.0, -3.0):
            with self.subTest(value):
                self.check_data(np.full((4, 3, 8, 8), value, np.float32))

    def test_nan(self) -> None:
        model = self.make(plain)
        data = self.samples(6)
        data[5, 1, 2, 3] = np.nan
        self.data = self.save("odd", data)
        for options in REPAIRS:
            with self.subTest(options):
                self.assert_refused(self.compile(model, *options), "odd.npy",
                                    "sample 5", "holds NaN")

    def test_no_samples(self) -> None:
        model = self.make(plain)
        self.data = self.save("none", self.samples(0))
        for options in REPAIRS:
            with self.subTest(options):
                self.assert_refused(self.compile(model, *options),
                                    "zero samples")

    def test_no_data(self) -> None:
        model = self.make(plain)
        for options in REPAIRS + PRESETS:
            with self.subTest(options):
                done = self.run_tool("qopt-compile", model, "-o", self.output,
                                     *options)
                self.assert_refused(done, "--calibrate")


if __name__ == "__main__":
    unittest.main()
