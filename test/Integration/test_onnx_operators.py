# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The importer and the float engine against ONNX's own operator tests.

The onnx package knows a small model with inputs and expected outputs for each
way to use an operator. Whatever the importer accepts of them must come out
right; what it does not accept it must refuse with one sentence.
"""

from __future__ import annotations

import os
import tempfile
import unittest
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.backend.test.case.test_case import TestCase

from qopt_tools import ToolError, run_tool

# Operators that the importer knows; a model of these alone is a case.
OPERATORS = set("""
    Abs Add AveragePool BatchNormalization Cast Ceil Clip Concat Constant
    ConstantOfShape Conv Div Dropout Elu Equal Exp Expand Flatten Floor Gather
    Gelu Gemm GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity
    LeakyRelu MatMul Max MaxPool Min Mul Neg Pad Range ReduceMean Relu Reshape Resize Shape
    Sigmoid Size Slice Softmax Softplus Sqrt Squeeze Sub Sum Tanh Transpose Unsqueeze
    Upsample Where""".split())
# Later versions of these operators only add element types.
NEWEST_OPSET = 22
# As many were right when this test was written; fewer means a loss.
LEAST_RIGHT = 180
TOLERANCE = {"rtol": 1e-3, "atol": 1e-5}


@dataclass
class Case:
    """A model with inputs by name and its expected outputs in order."""

    name: str
    model: onnx.ModelProto
    inputs: dict[str, np.ndarray]
    outputs: list[np.ndarray]


def make_case(test: TestCase, activations: int) -> Case | None:
    """`test` with all but the first float inputs made constants."""
    model = onnx.ModelProto()
    model.CopyFrom(test.model)
    for opset in model.opset_import:
        opset.version = min(opset.version, NEWEST_OPSET)
    inputs, declared = {}, []
    data, outputs = test.data_sets[0]
    for value, array in zip(model.graph.input, data):
        if array.dtype == np.float32 and len(inputs) < activations:
            inputs[value.name] = array
            declared.append(helper.make_tensor_value_info(
                value.name, TensorProto.FLOAT, array.shape))
        else:
            model.graph.initializer.append(
                numpy_helper.from_array(array, value.name))
    # The data file of a run stacks batches, so a scalar has no place in it.
    if len(inputs) < activations or any(a.ndim == 0 for a in inputs.values()):
        return None
    del model.graph.input[:]
    model.graph.input.extend(declared)
    return Case(f"{test.name}.{activations}", model, inputs, list(outputs))


def is_tensors(test: TestCase) -> bool:
    return bool(test.data_sets) and all(
        isinstance(array, np.ndarray) and array.dtype != object
        for arrays in test.data_sets[0] for array in arrays)


def all_cases() -> Iterator[Case]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some expect an overflow
        tests = collect_testcases(None)
    for test in tests:
        operators = {node.op_type for node in test.model.graph.node}
        if operators <= OPERATORS and is_tensors(test):
            for activations in (1, 2):
                case = make_case(test, activations)
                if case:
                    yield case


def run(case: Case, folder: Path) -> list[np.ndarray] | str:
    """The outputs, or the sentence of the refusal."""
    model = folder / f"{case.name}.onnx"
    model.write_bytes(case.model.SerializeToString())
    data, result = folder / f"{case.name}.npz", folder / f"{case.name}.out.npz"
    np.savez(data, **case.inputs)
    try:
        run_tool("qopt-run", model, "--input", data, "--output", result,
                 "--engine=float", timeout=60)
    except ToolError as error:
        return str(error)
    with np.load(result) as archive:
        return [archive[output.name] for output in case.model.graph.output]


class OnnxOperatorsTest(unittest.TestCase):
    def test_node_cases(self) -> None:
        right = 0
        with tempfile.TemporaryDirectory() as name, \
                ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [(case, pool.submit(run, case, Path(name)))
                    for case in all_cases()]
            for case, job in jobs:
                with self.subTest(case.name):
                    right += self.check(case, job.result())
        self.assertGreaterEqual(right, LEAST_RIGHT)

    def check(self, case: Case, result: list[np.ndarray] | str) -> bool:
        if isinstance(result, str):
            self.assertIn("status 1:", result)
            return False
        for actual, expected in zip(result, case.outputs):
            # A result without dimensions is stacked into a vector of one.
            np.testing.assert_allclose(actual.reshape(expected.shape), expected,
                                       **TOLERANCE)
        return True


if __name__ == "__main__":
    unittest.main()
