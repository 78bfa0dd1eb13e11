# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Executables of other machines under qemu: the same bytes as here, and refusals."""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

import numpy as np

from emulators import EMULATORS, needs_emulators
from qopt_tools import BIN
from tool_testing import ToolTestCase

CONTRACTS = ("fp32", "fixed", "fixed-double", "power-of-two")


@needs_emulators()
class EmulatedCase(ToolTestCase):
    def make(self, target: str, *options: object,
             model: Path | None = None) -> Path:
        """An executable and, from the same quantized file, a library."""
        folder = self.folder / target
        model = model or self.model
        data = ["--calibrate", self.data] if model.suffix == ".onnx" else []
        self.assert_accepted(self.run_tool(
            "qopt-compile", model, "-o", folder, f"--target={target}",
            "--harness", "--name=net", *data, *options))
        self.assert_accepted(self.run_tool(
            "qopt-compile", folder / "net.quantized.mlir", "-o",
            folder / "host", "--name=net"))
        return folder / "net.elf"

    def infer(self, model: Path, samples: np.ndarray, *options: object) -> np.ndarray:
        data = self.save("samples", samples)
        self.assert_accepted(self.run_model(model, "--input", data, *options))
        return np.load(self.result)

    @staticmethod
    def codes(count: int) -> np.ndarray:
        random = np.random.default_rng(1)
        return random.integers(-128, 128, (count, 3, 8, 8), dtype=np.int8)


class EmulatedTest(EmulatedCase):
    def assert_as_here(self, program: Path, samples: np.ndarray,
                       *options: object) -> None:
        """Equal bytes where the network's own types go in and out."""
        library = program.parent / "host/net.so"
        there = self.infer(program, samples, *options)
        here = self.infer(library, samples)
        self.assertEqual(there.dtype, here.dtype)
        self.assertEqual(there.tobytes(), here.tobytes())

    def test_contracts(self) -> None:
        for target in EMULATORS:
            for contract in CONTRACTS:
                with self.subTest(target=target, contract=contract):
                    program = self.make(target, f"--numerics={contract}",
                                        "--io=quantized")
                    self.assert_as_here(program, self.codes(5))

    def test_float_interface(self) -> None:
        for target in ("arm-dotprod", "hexagon-hvx"):
            with self.subTest(target=target):
                program = self.make(target, "--numerics=fixed", "--io=float")
                self.assert_as_here(program, self.samples(5))

    def test_defaults(self) -> None:
        for target, expected in (("arm-neon", ("fp32", "float")),
                                 ("hexagon-hvx", ("fixed", "quantized"))):
            program = self.make(target)
            report = json.loads((program.parent / "net.report.json").read_text())
            options = report["options"]
            self.assertEqual((options["numerics"], options["io"]), expected)

    def test_tasks(self) -> None:
        program = self.make("arm-dotprod", "--numerics=fixed", "--io=quantized")
        self.assert_as_here(program, self.codes(3), "--threads=3")

    def test_chosen_at_start(self) -> None:
        """The start code resolves what a loader would; other code would be
        killed on the lesser machines."""
        program = self.make("arm-i8mm,arm-dotprod,arm-neon",
                            "--numerics=fixed", "--io=quantized")
        for cpu in ("cortex-a72", "cortex-a76", "max"):
            with self.subTest(cpu):
                self.assert_as_here(program, self.codes(3),
                                    f"--emulator-cpu={cpu}")

    def test_conversion(self) -> None:
        """Floats are quantized and codes dequantized by the contract's formulas."""
        for target in ("arm-dotprod", "hexagon-hvx"):
            with self.subTest(target=target):
                program = self.make(target, "--numerics=fixed", "--io=quantized")
                report = json.loads(
                    (program.parent / "net.report.json").read_text())
                layers = report["layers"]
                samples = self.hard_samples(layers[0]["inputs"][0])
                scale, zero = self.grid(layers[0]["inputs"][0])
                with np.errstate(all="ignore"):
                    codes = np.rint(samples / scale) + np.float32(zero)
                codes = np.where(np.isnan(samples), zero, codes)
                codes = np.clip(codes, -128, 127).astype(np.int8)
                expected = self.infer(program.parent / "host/net.so", codes)
                scale, zero = self.grid(layers[-1]["output"])
                expected = (expected.astype(np.int32) - zero).astype(np.float32)
                there = self.infer(program, samples)
                self.assertEqual(there.tobytes(), (expected * scale).tobytes())

    @staticmethod
    def grid(tensor: dict) -> tuple[np.float32, int]:
        grid = tensor["quantization"]
        return np.float32(grid["scale"][0]), grid["zero_point"][0]

    def hard_samples(self, tensor: dict) -> np.ndarray:
        """Ties and their neighbours, and what is no number."""
        scale, _ = self.grid(tensor)
        random = np.random.default_rng(2)
        steps = random.integers(-300, 300, (64, 3, 8, 8)).astype(np.float32)
        ties = ((steps + np.float32(0.5)) * scale).astype(np.float32)
        moved = np.nextafter(ties, random.choice([-np.inf, np.inf], ties.shape))
        samples = np.where(random.random(ties.shape) < 0.5, ties, moved)
        special = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-40,
                   3.4e38, -3.4e38]
        samples.reshape(-1)[:len(special)] = special
        return samples.astype(np.float32)

    def test_library_of_another_machine(self) -> None:
        program = self.make("arm-neon")
        done = self.run_model(program.with_suffix(".so"), "--input", self.data)
        self.assert_refused_run(done, "aarch64", "--harness")

    def test_missing_feature(self) -> None:
        program = self.make("arm-dotprod")
        done = self.run_model(program, "--input", self.data,
                              "--emulator-cpu=cortex-a72")
        self.assert_refused_run(done, "dotprod", "lacks some")

    def test_missing_emulator(self) -> None:
        program = self.make("hexagon-hvx")
        done = self.run_model(program, "--input", self.data,
                              "--emulator=no-such-program")
        self.assert_refused_run(done, "no-such-program", "not installed")
        done = subprocess.run(
            [BIN / "qopt-run", program, "--input", self.data, "--output",
             self.result], capture_output=True, check=False,
            env={**os.environ, "QOPT_EMULATOR": "no-such-program"})
        self.assert_refused_run(done, "no-such-program")

    def test_wrong_machine(self) -> None:
        """An emulator that does not know the file says so itself."""
        program = self.make("arm-neon")
        done = self.run_model(program, "--input", self.data,
                              f"--emulator={shutil.which('qemu-hexagon')}",
                              "--emulator-cpu=v67")
        self.assert_refused_run(done, "net.elf", "failed under")

    def test_damaged(self) -> None:
        program = self.make("arm-neon")
        whole = program.read_bytes()
        for name, contents in (("empty", b""), ("text", b"#!/bin/true\n"),
                               ("cut", whole[:len(whole) // 2]),
                               ("object", program.with_suffix(".o").read_bytes()),
                               ("library", (program.parent / "host/net.so")
                                .read_bytes())):
            with self.subTest(name):
                damaged = self.write(f"{name}.elf", contents)
                done = self.run_model(damaged, "--input", self.data)
                self.assert_refused_run(done, damaged.name)

    def test_wrong_samples(self) -> None:
        program = self.make("arm-neon")
        wrong = self.save("wrong", np.zeros((2, 3, 7, 8), np.float32))
        done = self.run_model(program, "--input", wrong)
        self.assert_refused_run(done, "wrong.npy", "8, 8")

    def test_options(self) -> None:
        program = self.make("arm-neon")
        for options, mention in ((["--bench"], "emulator"),
                                 (["--packets"], "does not count packets"),
                                 (["--engine=jit"], "native")):
            with self.subTest(options):
                done = self.run_model(program, "--input", self.data, *options)
                self.assert_refused_run(done, mention)
        done = self.run_model(self.model, "--input", self.data,
                              "--emulator-cpu=max")
        self.assert_refused_run(done, "qopt-compile --harness")

    def test_packets(self) -> None:
        program = self.make("hexagon-hvx")
        counts = []
        for count in (1, 3):
            data = self.save("some", self.samples(count))
            done = self.run_model(program, "--input", data, "--packets", "--json")
            self.assert_accepted(done)
            counts.append(json.loads(done.stdout)["packets"])
        self.assertGreater(counts[0], 100)
        self.assertEqual(counts[0], counts[1])

    def assert_refused_run(self, done: subprocess.CompletedProcess,
                           *mentions: str) -> None:
        """assert_refused, though there is a compiled program."""
        self.output = self.folder / "none"
        self.assert_refused(done, *mentions)


class LimitsTest(ToolTestCase):
    """What no machine can compute under a contract is refused at once."""

    TEXT = """func.func @net(%a: tensor<1xNxf32> {qopt.name = "a"})
        -> tensor<1x1xf32> {
      %w = qopt.constant dense<1.0> : tensor<1xNxf32>
      %0 = qopt.matmul %a, %w : (tensor<1xNxf32>, tensor<1xNxf32>) -> tensor<1x1xf32>
      return %0 : tensor<1x1xf32>
    }"""

    def refuse(self, size: int, greatest: float, numerics: str,
               *mentions: str) -> None:
        model = self.write("net.mlir",
                           self.TEXT.replace("N", str(size)).encode())
        ranges = {"a": [-1, 1], "qopt.matmul": [-greatest, greatest]}
        ranges = self.write("ranges.json", json.dumps(
            {"schema": 1, "ranges": ranges}).encode())
        for target in EMULATORS:
            with self.subTest(target):
                self.assert_refused(
                    self.run_tool("qopt-compile", model, "-o", self.output,
                                  f"--ranges={ranges}", "--io=quantized",
                                  f"--numerics={numerics}", "--harness",
                                  f"--target={target}"), "net.mlir", *mentions)

    def test_accumulator(self) -> None:
        self.refuse(140000, 1.0, "fixed", "2275840000", "exceeds 2^31 - 1")

    def test_multiplier(self) -> None:
        self.refuse(8, 1e-13, "fixed", "2^29 or more")
        self.refuse(8, 1e-9, "fixed-double", "left shift that can overflow")

    def test_defaults_that_differ(self) -> None:
        done = self.compile(self.model, "--target=generic,hexagon-hvx")
        self.assert_refused(done, "generic would have --numerics=fp32",
                            "hexagon-hvx --numerics=fixed")


class CommandLineTest(EmulatedCase):
    """The executable by itself, on raw files."""

    def setUp(self) -> None:
        super().setUp()
        self.program = self.make("arm-neon", "--io=quantized")
        self.raw = self.write("samples.raw", self.codes(2).tobytes())
        self.written = self.folder / "written.raw"

    def start(self, *arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["qemu-aarch64", str(self.program), *map(str, arguments)],
            capture_output=True, timeout=60, check=False)

    def assert_says(self, mention: str, *arguments: object) -> None:
        """Status 1 and one line on stderr."""
        done = self.start(*arguments)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(mention.encode(), done.stderr)

    def test_describe(self) -> None:
        done = self.start("--describe")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.decode().splitlines()
        self.assertEqual(lines[:3], ["qopt-harness 1", "network net",
                                     "target arm-neon"])
        self.assertRegex(lines[4], r"^input i8 1x3x8x8 \w+$")
        self.assertRegex(lines[5], r"^output i8 1x\w+ \w+$")

    def test_several_jobs(self) -> None:
        other = self.folder / "other.raw"
        done = self.start("--codes", self.raw, self.written, "--", "--codes",
                          "--tasks=2", "--repeat=3", self.raw, other)
        self.assertEqual(done.returncode, 0, done.stderr)
        expected = self.infer(self.program, self.codes(2)).tobytes()
        self.assertEqual(self.written.read_bytes(), expected)
        self.assertEqual(other.read_bytes(), expected)

    def test_usage(self) -> None:
        self.assert_says("usage")
        self.assert_says("--fast", "--fast", self.raw, self.written)
        self.assert_says("expected", "--codes", self.raw)
        self.assert_says("one file too many", "--codes", self.raw,
                         self.written, self.written)
        self.assert_says("not so many networks", "--network=1", self.raw,
                         self.written)
        self.assert_says("--repeat=0", "--repeat=0", self.raw, self.written)
        self.assert_says("--tasks", "--tasks=99999", self.raw, self.written)
        self.assert_says("does not count packets", "--packets", self.raw,
                         self.written)

    def test_files(self) -> None:
        self.assert_says("none.raw: cannot be read", "--codes",
                         self.folder / "none.raw", self.written)
        self.assert_says("cannot be written", "--codes", self.raw, self.folder)
        short = self.write("short.raw", bytes(200))
        self.assert_says("short.raw: ends inside a sample", "--codes", short,
                         self.written)


if __name__ == "__main__":
    unittest.main()
