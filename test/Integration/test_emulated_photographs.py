# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reference = x86 = every ARM row set = HVX, to the byte, on photographs.

QOPT_EMULATED_PHOTOGRAPHS=N tries N photographs; two without it. The DSP computes
fp32 on its scalar row, which random networks cover.
"""

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np

import accuracy
import images
from emulators import EMULATORS, needs_emulators
from qopt_tools import compile_model, infer, run_tool

CONTRACTS = {"fp32": ("arm-neon", "arm-dotprod", "arm-i8mm"),
             "fixed": tuple(EMULATORS), "fixed-double": tuple(EMULATORS)}
PHOTOGRAPHS = int(os.environ.get("QOPT_EMULATED_PHOTOGRAPHS", "2"))


@needs_emulators()
class EmulatedPhotographsTest(unittest.TestCase):
    def setUp(self) -> None:
        if not accuracy.MOBILENET.exists():
            self.skipTest(f"there is no {accuracy.MOBILENET}")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        data, _ = images.load(accuracy.IMAGENET / "dev")
        np.save(self.folder / "calibration.npy", data[:64])
        np.save(self.folder / "samples.npy", data[64:64 + PHOTOGRAPHS])

    def check(self, contract: str) -> None:
        samples = self.folder / "samples.npy"
        compiled = compile_model(accuracy.MOBILENET, self.folder / contract,
                                 self.folder / "calibration.npy",
                                 [f"--numerics={contract}"])
        quantized = Path(f"{compiled}.quantized.mlir")
        expected = infer(quantized, samples, "reference").tobytes()
        library = infer(Path(f"{compiled}.so"), samples, "native").tobytes()
        self.assertTrue(library == expected, "this machine differs from the reference")
        for target in CONTRACTS[contract]:
            with self.subTest(contract=contract, target=target):
                folder = self.folder / contract / target
                run_tool("qopt-compile", quantized, "-o", folder,
                         f"--target={target}", "--harness")
                program, = folder.glob("*.elf")
                result = infer(program, samples, "native").tobytes()
                self.assertTrue(result == expected, "bytes differ from the reference")

    def test_fp32(self) -> None:
        self.check("fp32")

    def test_fixed(self) -> None:
        self.check("fixed")

    def test_fixed_double(self) -> None:
        self.check("fixed-double")


if __name__ == "__main__":
    unittest.main()
