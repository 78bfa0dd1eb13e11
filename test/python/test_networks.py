# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks with an odd interface or shape: every engine gives the same bytes."""

import unittest
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

from onnx_builder import GraphBuilder
from qopt_tools import run_tool
from tool_testing import ToolTestCase

RANDOM = np.random.default_rng(0)
SAMPLES = 3


def normal(*shape: int) -> np.ndarray:
    return (RANDOM.standard_normal(shape) * 0.3).astype(np.float32)


def two_inputs_and_outputs(graph: GraphBuilder) -> None:
    x = graph.node("Add", "sum", [graph.input("a", [1, 3, 8, 8]),
                                  graph.input("b", [1, 3, 8, 8])])
    conv = graph.conv("conv", x, normal(4, 3, 3, 3), normal(4), padding=1)
    graph.output(conv, [1, 4, 8, 8])
    relu = graph.node("Relu", "relu", [conv])
    graph.output(graph.node("GlobalAveragePool", "pool", [relu]), [1, 4, 1, 1])


def one_value_twice(graph: GraphBuilder) -> None:
    x = graph.conv("conv", graph.input("a", [1, 3, 8, 8]), normal(4, 3, 1, 1))
    graph.output(x, [1, 4, 8, 8])
    graph.output(graph.node("Identity", "same", [x]), [1, 4, 8, 8])


def nothing_at_all(graph: GraphBuilder) -> None:
    x = graph.node("Identity", "same", [graph.input("a", [1, 3, 8, 8])])
    graph.output(x, [1, 3, 8, 8])


def only_a_clamp(graph: GraphBuilder) -> None:
    x = graph.node("Relu", "relu", [graph.input("a", [1, 3, 8, 8])])
    graph.output(x, [1, 3, 8, 8])


def input_that_nobody_reads(graph: GraphBuilder) -> None:
    graph.input("unused", [1, 4])
    x = graph.gemm("fc", graph.input("a", [1, 16]), normal(5, 16), normal(5))
    graph.output(x, [1, 5])


def branches_that_join(graph: GraphBuilder) -> None:
    """Swish by hand, and a concatenation of values on different grids."""
    relu = graph.node("Relu", "relu", [graph.input("a", [1, 3, 8, 8])])
    conv = graph.conv("conv", relu, normal(3, 3, 3, 3), padding=1)
    gate = graph.node("Sigmoid", "gate", [conv])
    swish = graph.node("Mul", "swish", [gate, conv])
    graph.output(graph.node("Concat", "both", [swish, relu], axis=1),
                 [1, 6, 8, 8])
    graph.output(gate, [1, 3, 8, 8])


def window_larger_than_the_image(graph: GraphBuilder) -> None:
    x = graph.conv("conv", graph.input("a", [1, 1, 9, 9]),
                   normal(2, 1, 15, 15), padding=7)
    graph.output(x, [1, 2, 9, 9])


def groups(graph: GraphBuilder) -> None:
    """Neither dense nor depthwise, then a depthwise with two outputs a channel."""
    x = graph.conv("grouped", graph.input("a", [1, 8, 7, 7]),
                   normal(12, 2, 3, 3), padding=1, groups=4, stride=2)
    x = graph.conv("depthwise", graph.relu6("relu6", x), normal(24, 1, 5, 5),
                   padding=2, groups=12)
    graph.output(x, [1, 24, 4, 4])


def softmax(graph: GraphBuilder) -> None:
    x = graph.gemm("fc", graph.input("a", [1, 300]), normal(17, 300), normal(17))
    graph.output(graph.node("Softmax", "softmax", [x], axis=1), [1, 17])


class NetworkTest(ToolTestCase):
    def run_engine(self, file: Path, engine: str) -> bytes:
        result = self.folder / f"{engine}.npz"
        run_tool("qopt-run", file, "--input", self.data, "--output", result,
                 f"--engine={engine}")
        return result.read_bytes()

    def check(self, build: Callable[[GraphBuilder], None], option: str) -> None:
        graph = GraphBuilder("odd")
        build(graph)
        model = graph.model()
        path = self.folder / "odd.onnx"
        onnx.save(model, path)
        self.data = self.folder / "data.npz"
        np.savez(self.data, **{
            value.name: normal(SAMPLES, *[dim.dim_value for dim in
                                          value.type.tensor_type.shape.dim][1:])
            for value in model.graph.input})
        run_tool("qopt-compile", path, "-o", self.output, "--calibrate",
                 self.data, option)
        expected = self.run_engine(self.output / "odd.quantized.mlir",
                                   "reference")
        for file, engine in (("odd.quantized.mlir", "jit"),
                             ("odd.so", "native")):
            self.assertEqual(self.run_engine(self.output / file, engine),
                             expected, engine)
        exact = self.run_engine(path, "float")
        self.assertEqual(len(exact), len(expected))


def make_test(build: Callable[[GraphBuilder], None]) -> Callable:
    def test(self: NetworkTest) -> None:
        for option in ("--numerics=fp32", "--numerics=fixed"):
            with self.subTest(option):
                self.check(build, option)

    return test


for each in (two_inputs_and_outputs, one_value_twice, nothing_at_all,
             only_a_clamp, input_that_nobody_reads, branches_that_join,
             window_larger_than_the_image, groups, softmax):
    setattr(NetworkTest, f"test_{each.__name__}", make_test(each))


if __name__ == "__main__":
    unittest.main()
