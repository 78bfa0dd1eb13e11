# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""reference = jit = native, to the byte, on real networks.

For both numeric contracts, every row of this machine that is listed here, and
one and two tasks. Random networks are the business of the C++ tests.
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
TARGETS = ("x86-avx512vnni", "generic")
THREADS = (1, 2)


def supported_targets() -> list[str]:
    """Those of TARGETS that this machine can run."""
    flags = Path("/proc/cpuinfo").read_text()
    listed = run_tool("qopt-compile", "--list-targets")
    return [target for target in TARGETS if target in listed and
            (target == "generic" or "avx512_vnni" in flags)]


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
        calibrate = self.save("calibration", calibration)
        data = self.save("samples", samples)
        for contract in CONTRACTS:
            expected, quantized = None, None
            for target in supported_targets():
                compiled = compile_model(
                    model, self.folder / contract / target, calibrate,
                    [f"--numerics={contract}", f"--target={target}",
                     f"--threads={max(THREADS)}"])
                level3 = Path(f"{compiled}.quantized.mlir")
                if expected is None:
                    expected = infer(level3, data, "reference").tobytes()
                    quantized = level3.read_text()
                self.assertEqual(level3.read_text(), quantized,
                                 f"{target} has a quantized file of its own")
                self.check_target(compiled, data, target, contract, expected)

    def check_target(self, compiled: Path, data: Path, target: str,
                     contract: str, expected: bytes) -> None:
        runs = {"jit": (Path(f"{compiled}.quantized.mlir"),
                        [f"--target={target}"]),
                "native": (Path(f"{compiled}.so"), [])}
        for engine, (file, options) in runs.items():
            for threads in THREADS:
                with self.subTest(contract=contract, target=target,
                                  engine=engine, threads=threads):
                    result = infer(file, data, engine,
                                   [*options, f"--threads={threads}"])
                    self.assertTrue(result.tobytes() == expected,
                                    "bytes differ from the reference")

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
