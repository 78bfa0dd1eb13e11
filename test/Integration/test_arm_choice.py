# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which code an Arm CPU takes from a library for several, by counted instructions."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

from emulators import needs_emulators
from qopt_tools import BIN, REPOSITORY, infer, run_tool

NETWORK = REPOSITORY / "test/Target/Inputs/arm.mlir"
PLUGIN = BIN.parent / "lib/qopt-count-instructions.so"
# Rows by CPU: one without sdot, one with it, one with everything.
ROWS = {"cortex-a72": "smlal", "cortex-a76": "sdot", "max": "smmla"}


@needs_emulators("arm-neon")
class ArmChoiceTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        codes = np.random.default_rng(7).integers(-128, 128, (1, 6, 6, 16))
        self.codes = codes.astype(np.int8)
        self.codes.tofile(self.folder / "sample")

    def compile(self, target: str) -> Path:
        run_tool("qopt-compile", NETWORK, f"--target={target}", "--harness", "--emit=h",
                 "-o", self.folder)
        return self.folder / "arm.elf"

    def run_on(self, cpu: str, program: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["qemu-aarch64", "-cpu", cpu, *options, str(program), "--codes",
             str(self.folder / "sample"), str(self.folder / "result")],
            capture_output=True, text=True, timeout=120, check=False)

    @unittest.skipUnless(PLUGIN.exists(), f"needs {PLUGIN}")
    def test_every_cpu_takes_its_best_code(self) -> None:
        program = self.compile("arm-i8mm,arm-dotprod,arm-neon")
        np.save(self.folder / "sample.npy", self.codes)
        expected = infer(NETWORK, self.folder / "sample.npy", "reference").tobytes()
        for cpu, row in ROWS.items():
            with self.subTest(cpu):
                counts = self.folder / "counts"
                done = self.run_on(cpu, program, "-plugin", f"{PLUGIN},out={counts}")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual((self.folder / "result").read_bytes(), expected)
                kernels = [line for line in counts.read_text().splitlines() if "gemm_" in line]
                self.assertTrue([line for line in kernels if f"__{row}_" in line], kernels)

    def test_a_cpu_without_the_instruction_refuses(self) -> None:
        done = self.run_on("cortex-a72", self.compile("arm-dotprod"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("needs the features 'dotprod'", done.stderr)


if __name__ == "__main__":
    unittest.main()
