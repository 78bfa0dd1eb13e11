# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What bias correction brings on photographs, and that it is reproducible."""

import tempfile
import unittest
from pathlib import Path

import accuracy
import images
import logits
import numpy as np
from qopt_tools import compile_model, infer


@unittest.skipUnless(accuracy.MOBILENET.exists(),
                     f"there is no {accuracy.MOBILENET}")
class BiasCorrectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.scratch.name)
        photographs, _ = images.load(accuracy.IMAGENET / "dev")
        np.save(cls.folder / "calibration.npy",
                photographs[:accuracy.CALIBRATION_SAMPLES])
        np.save(cls.folder / "samples.npy",
                photographs[accuracy.CALIBRATION_SAMPLES:])
        cls.exact = infer(accuracy.MOBILENET, cls.folder / "samples.npy",
                          "float")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.scratch.cleanup()

    def compile(self, name: str, *options: str) -> Path:
        return compile_model(accuracy.MOBILENET, self.folder / name,
                             self.folder / "calibration.npy", list(options))

    def agreement(self, *options: str) -> float:
        compiled = self.compile("agreement", *options)
        outputs = infer(Path(f"{compiled}.so"), self.folder / "samples.npy",
                        "native")
        return 100 * logits.agreement(self.exact, outputs)

    def test_per_channel(self) -> None:
        self.assertGreaterEqual(self.agreement("--correct-bias=pre"), 90.5)

    def test_per_tensor_after_equalization(self) -> None:
        self.assertGreaterEqual(
            self.agreement("--weights=per-tensor", "--equalize=cross-layer",
                           "--correct-bias=pre"), 81)

    def test_threads_change_no_byte(self) -> None:
        files = []
        for threads in (1, 2):
            compiled = self.compile(
                f"threads{threads}", "--correct-bias=pre+post",
                f"--threads={threads}", "--emit=mlir")
            files.append(Path(f"{compiled}.quantized.mlir").read_bytes())
        self.assertEqual(files[0], files[1])


if __name__ == "__main__":
    unittest.main()
