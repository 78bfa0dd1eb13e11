# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""reference = jit = native, to the byte, on real networks.

For both numeric contracts of CPUs, every row set that this machine runs, and one
to four tasks. Random networks are the business of the C++ tests.
"""

import tempfile
import unittest
from pathlib import Path

import numpy as np

import accuracy
import fashion_mnist
import images
from qopt_tools import compile_model, infer, run_tool

CONTRACTS = ("fp32", "fixed")
THREADS = {"jit": (1, 4), "native": (1, 2, 3, 4)}


def supported_targets() -> list[str]:
    """Those that this machine runs, best first."""
    return [line.split()[0]
            for line in run_tool("qopt-compile", "--list-targets").splitlines()
            if "; runs on this machine" in line]


class EnginesTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def save(self, name: str, array: np.ndarray) -> Path:
        path = self.folder / f"{name}.npy"
        np.save(path, array)
        return path

    def check(self, model: Path, calibration: np.ndarray,
              samples: np.ndarray) -> None:
        """Quantizes once; the level-3 file serves every target."""
        calibrate = self.save("calibration", calibration)
        data = self.save("samples", samples)
        for contract in CONTRACTS:
            compiled = self.compile(model, contract, calibrate)
            quantized = Path(f"{compiled}.quantized.mlir")
            expected = infer(quantized, data, "reference").tobytes()
            for target in supported_targets():
                folder = self.folder / contract / target
                run_tool("qopt-compile", quantized, "-o", folder,
                         f"--target={target}")
                library, = folder.glob("*.so")
                self.check_target(quantized, library, data, target, contract,
                                  expected)

    def compile(self, model: Path, contract: str, calibrate: Path,
                target: str = "host") -> Path:
        return compile_model(model, self.folder / f"{contract}-{target}", calibrate,
                             [f"--numerics={contract}", f"--target={target}"])

    def check_target(self, quantized: Path, library: Path, data: Path, target: str,
                     contract: str, expected: bytes) -> None:
        runs = {"jit": (quantized, [f"--target={target}"]), "native": (library, [])}
        for engine, (file, options) in runs.items():
            for threads in THREADS[engine]:
                with self.subTest(contract=contract, target=target,
                                  engine=engine, threads=threads):
                    result = infer(file, data, engine,
                                   [*options, f"--threads={threads}"])
                    self.assertTrue(result.tobytes() == expected,
                                    "bytes differ from the reference")

    def test_targets_share_the_quantized_file(self) -> None:
        calibrate = self.save("calibration", np.random.default_rng(1).standard_normal(
            (8, 1, 28, 28)).astype(np.float32))
        model = accuracy.FASHION / "residual.onnx"
        texts = {Path(f"{self.compile(model, 'fp32', calibrate, target)}"
                      ".quantized.mlir").read_text()
                 for target in supported_targets()}
        self.assertEqual(len(texts), 1)

    def check_fashion(self, name: str) -> None:
        if not fashion_mnist.DATA_DIR.exists():
            self.skipTest(f"there is no {fashion_mnist.DATA_DIR}")
        data, _ = fashion_mnist.load("t10k")
        self.check(accuracy.FASHION / f"{name}.onnx", data[:64], data[64:128])

    def test_plain(self) -> None:
        self.check_fashion("plain")

    def test_depthwise(self) -> None:
        self.check_fashion("depthwise")

    def test_residual(self) -> None:
        self.check_fashion("residual")

    def test_keyword_spotting(self) -> None:
        model = accuracy.TINY / "kws_dscnn.onnx"
        if not model.exists():
            self.skipTest(f"there is no {model}")
        data = np.load(accuracy.TINY / "kws_dev_mfcc.npy")
        self.check(model, data[:64], data[64:128])

    def test_mobilenet(self) -> None:
        if not accuracy.MOBILENET.exists():
            self.skipTest(f"there is no {accuracy.MOBILENET}")
        data, _ = images.load(accuracy.IMAGENET / "dev")
        self.check(accuracy.MOBILENET, data[:64], data[64:72])


if __name__ == "__main__":
    unittest.main()
