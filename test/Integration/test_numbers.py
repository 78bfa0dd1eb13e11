# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The goals of benchmark/accuracy.py, one test for each of its cases."""

import tempfile
import unittest
from pathlib import Path

import accuracy


class NumbersTest(unittest.TestCase):
    def check(self, name: str) -> None:
        case = accuracy.CASES[name]
        if not case.data.exists():
            self.skipTest(f"there is no {case.data}")
        with tempfile.TemporaryDirectory() as folder:
            rows = case.measure(accuracy.Workspace(Path(folder), "native", []))
        accuracy.print_table(rows)
        for row in rows:
            with self.subTest(row.what):
                self.assertTrue(row.met, f"{row.value} misses {row.goal}")

    def test_float_engine_against_onnxruntime(self) -> None:
        self.check("float")

    def test_imagenet_int8(self) -> None:
        self.check("imagenet")

    def test_keyword_spotting_int8(self) -> None:
        self.check("kws")

    def test_fashion_mnist_int8(self) -> None:
        self.check("fashion")


if __name__ == "__main__":
    unittest.main()
