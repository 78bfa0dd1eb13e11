# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bias correction helps after every layer of a network with residual additions."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import fashion_mnist
from qopt_tools import REPOSITORY, run_tool

MODEL = REPOSITORY / "test/data/fashion_mnist/residual.onnx"


class BiasCorrectionByLayerTest(unittest.TestCase):
    def setUp(self) -> None:
        if not fashion_mnist.DATA_DIR.exists():
            self.skipTest(f"there is no {fashion_mnist.DATA_DIR}")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        np.save(self.folder / "calibration.npy",
                fashion_mnist.load("train")[0][:64])
        np.save(self.folder / "samples.npy", fashion_mnist.load("t10k")[0][:500])

    def errors(self, correction: str) -> dict[str, dict]:
        """What --analyze says of each layer, weights per tensor."""
        run_tool("qopt-compile", MODEL, "-o", self.folder,
                 "--calibrate", self.folder / "calibration.npy",
                 "--weights=per-tensor", "--stop-after=quantize",
                 f"--correct-bias={correction}")
        text = run_tool("qopt-run", MODEL, "--input", self.folder / "samples.npy",
                        f"--analyze={self.folder / 'residual.quantized.mlir'}",
                        "--json", "--threads=2")
        return {layer["layer"]: layer for layer in json.loads(text)["layers"]}

    def test_no_layer_is_worse(self) -> None:
        without = self.errors("none")
        self.assertIn("block3.add", without)
        for correction in ("pre", "post", "pre+post"):
            for name, layer in self.errors(correction).items():
                with self.subTest(correction=correction, layer=name):
                    self.assertGreaterEqual(layer["sqnr_db"],
                                            without[name]["sqnr_db"])


if __name__ == "__main__":
    unittest.main()
