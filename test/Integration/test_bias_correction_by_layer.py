# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Bias correction helps after every layer of networks with residual additions."""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np

import fashion_mnist
from qopt_tools import REPOSITORY, run_tool

# The last residual addition of each, and corrections. In the first layer of the
# deep one, means before the activation are not those to correct: most pixels are
# background, and ReLU cuts their errors off.
NETWORKS = {"residual": ("block3.add", ("pre", "post", "pre+post")),
            "deep": ("block16.add", ("pre+post",))}


class BiasCorrectionByLayerTest(unittest.TestCase):
    def setUp(self) -> None:
        if not fashion_mnist.DATA_DIR.exists():
            self.skipTest(f"there is no {fashion_mnist.DATA_DIR}")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        np.save(self.folder / "calibration.npy",
                fashion_mnist.load("train")[0][:64])
        np.save(self.folder / "samples.npy", fashion_mnist.load("t10k")[0][:300])

    def errors(self, network: str, correction: str) -> dict[str, dict]:
        """What --analyze says of each layer, weights per tensor."""
        model = REPOSITORY / f"test/data/fashion_mnist/{network}.onnx"
        run_tool("qopt-compile", model, "-o", self.folder,
                 "--calibrate", self.folder / "calibration.npy",
                 "--weights=per-tensor", "--stop-after=quantize",
                 f"--correct-bias={correction}")
        text = run_tool("qopt-run", model, "--input", self.folder / "samples.npy",
                        f"--analyze={self.folder / network}.quantized.mlir",
                        "--json", "--threads=2")
        return {layer["layer"]: layer for layer in json.loads(text)["layers"]}

    def test_no_layer_is_worse(self) -> None:
        for network, (last, corrections) in NETWORKS.items():
            without = self.errors(network, "none")
            self.assertIn(last, without)
            for correction in corrections:
                for name, layer in self.errors(network, correction).items():
                    with self.subTest(network=network, correction=correction,
                                      layer=name):
                        self.assertGreaterEqual(layer["sqnr_db"],
                                                without[name]["sqnr_db"])


if __name__ == "__main__":
    unittest.main()
