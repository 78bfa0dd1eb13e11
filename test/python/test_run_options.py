# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""qopt-run: engines, taps, comparison, timing."""

import json
import unittest
from pathlib import Path

import numpy as np

from qopt_tools import infer, run_tool
from tool_testing import ToolTestCase


class RunTestCase(ToolTestCase):
    def setUp(self) -> None:
        super().setUp()
        run_tool("qopt-compile", self.model, "-o", self.folder / "net",
                 "--name=net", "--calibrate", self.data)
        self.library = self.folder / "net/net.so"
        self.quantized = self.folder / "net/net.quantized.mlir"


class EngineTest(RunTestCase):
    def test_fastest_of_each_level(self) -> None:
        run_tool("qopt-compile", self.model, "-o", self.folder / "net",
                 "--name=net", "--calibrate", self.data,
                 "--stop-after=calibrate")
        engines = {self.model: "float", self.quantized: "jit",
                   self.folder / "net/net.calibrate.mlir": "simulated",
                   self.library: "native"}
        for file, engine in engines.items():
            with self.subTest(file.name):
                text = run_tool("qopt-run", file, "--input", self.data,
                                "--output", self.result, "--json")
                self.assertEqual(json.loads(text)["engine"], engine)

    def test_what_a_level_cannot_do(self) -> None:
        cases = {"float": self.quantized, "simulated": self.model,
                 "reference": self.model, "jit": self.library,
                 "native": self.quantized}
        for engine, file in cases.items():
            with self.subTest(engine):
                done = self.run_model(file, "--input", self.data,
                                      f"--engine={engine}")
                self.assert_refused(done, file.name, engine)

    def test_threads_change_nothing(self) -> None:
        for engine, file in (("float", self.model), ("jit", self.quantized),
                             ("reference", self.quantized)):
            with self.subTest(engine):
                one, three = (infer(file, self.data, engine, [f"--threads={n}"])
                              for n in (1, 3))
                np.testing.assert_array_equal(one, three)

    def test_plain_loops_agree_with_the_library(self) -> None:
        library = infer(self.model, self.data, "float")
        plain = infer(self.model, self.data, "float", ["--plain-float"])
        np.testing.assert_allclose(plain, library, atol=1e-5)

    def test_npz(self) -> None:
        np.savez(self.folder / "x.npz", image=self.samples(4))
        run_tool("qopt-run", self.library, "--input", self.folder / "x.npz",
                 "--output", self.folder / "y.npz")
        stacked = np.load(self.folder / "y.npz")["logits"]
        np.testing.assert_array_equal(
            stacked, infer(self.library, self.data, "native"))


class TapTest(RunTestCase):
    def dump(self, model: Path, engine: str) -> dict[str, np.ndarray]:
        folder = self.folder / f"taps {engine}"
        run_tool("qopt-run", model, "--input", self.data,
                 f"--dump-tensors={folder}", f"--engine={engine}")
        return {path.stem: np.load(path) for path in sorted(folder.iterdir())}

    def test_dump_is_the_same_on_both_engines(self) -> None:
        jit = self.dump(self.quantized, "jit")
        reference = self.dump(self.quantized, "reference")
        self.assertEqual(list(jit), list(reference))
        for name, values in jit.items():
            np.testing.assert_array_equal(values, reference[name], name)
        conv = next(v for name, v in jit.items() if "_conv_" in name)
        self.assertEqual((conv.shape, conv.dtype), ((1, 8, 8, 4), np.int8))

    def test_dump_of_the_float_level(self) -> None:
        relu = next(values for name, values in
                    self.dump(self.model, "float").items() if "relu" in name)
        self.assertGreaterEqual(relu.min(), 0)

    def test_dump_of_a_library(self) -> None:
        folder = self.folder / "taps"
        done = self.run_tool("qopt-run", self.library, "--input", self.data,
                             f"--dump-tensors={folder}")
        self.assert_refused(done, "net.so", "--dump-tensors")
        self.assertFalse(folder.exists())

    def test_compare(self) -> None:
        for engines in ("reference,jit", "jit,reference"):
            text = run_tool("qopt-run", self.quantized, "--input", self.data,
                            f"--compare={engines}")
            self.assertIn("tensors are equal", text)

    def test_compare_refuses(self) -> None:
        for engines in ("jit", "jit,native", "reference,jit,jit", "jit,steam"):
            with self.subTest(engines):
                done = self.run_model(self.quantized, "--input", self.data,
                                      f"--compare={engines}")
                self.assert_refused(done)


class TimingTest(RunTestCase):
    def test_bench(self) -> None:
        for file in (self.model, self.quantized, self.library):
            with self.subTest(file.name):
                text = run_tool("qopt-run", file, "--input", self.data,
                                "--bench=0.01", "--json")
                latency = json.loads(text)["latency_ms"]
                self.assertGreater(latency["min"], 0)
                self.assertGreaterEqual(latency["median"], latency["min"])

    def test_bench_for_a_person(self) -> None:
        text = run_tool("qopt-run", self.library, "--input", self.data,
                        "--bench=0.01")
        self.assertRegex(text, r"minimum [\d.]+ ms, median [\d.]+ ms")

    def test_profile(self) -> None:
        text = run_tool("qopt-run", self.quantized, "--input", self.data,
                        "--profile", "--bench=0.01", "--json")
        layers = json.loads(text)["layers"]
        self.assertIn("conv", [layer["layer"] for layer in layers])
        self.assertTrue(all(layer["min_ms"] >= 0 for layer in layers))

    def test_profile_needs_the_jit(self) -> None:
        for file in (self.model, self.library):
            with self.subTest(file.name):
                done = self.run_model(file, "--input", self.data, "--profile")
                self.assertEqual(done.returncode, 1)
                self.assertIn(b"--engine=jit", done.stderr)

    def test_bad_numbers(self) -> None:
        for option in ("--bench=0", "--bench=soon", "--threads=0",
                       "--threads=many", "--batch=-1"):
            with self.subTest(option):
                done = self.run_model(self.library, "--input", self.data,
                                      option)
                self.assert_refused(done, option.partition("=")[0])

    def test_options_that_would_do_nothing(self) -> None:
        for model, option, reason in (
                (self.model, "--target=x86-avx2", "for the jit engine"),
                (self.library, "--target=host", "for the jit engine"),
                (self.library, "--plain-float", "for the float engine"),
                (self.quantized, "--plain-float", "for the float engine"),
                (self.library, "--batch=1", "for ONNX models"),
                (self.quantized, "--batch=1", "for ONNX models"),
                (self.model, "--compare=float,slow", "--compare=slow"),
                (self.model, "--engine=", "lacks its value")):
            with self.subTest(model=model.name, option=option):
                done = self.run_model(model, "--input", self.data, option)
                self.assert_refused(done, option.partition("=")[0], reason)


if __name__ == "__main__":
    unittest.main()
