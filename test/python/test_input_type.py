# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""--input-type=u8: pixels in, the normalization folded into the first layer."""

import json
import unittest
from pathlib import Path

import numpy as np

from qopt_tools import REPOSITORY, run_tool
from tool_testing import ToolTestCase

MEAN, STD = 127.5, 127.5
FASHION = REPOSITORY / "test/data/fashion_mnist"
REPAIRS = (("--correct-bias=pre",), ("--correct-bias=post",),
           ("--correct-bias=pre+post", "--round=hessian"), ("--preset=best",))
PER_CHANNEL = ("--input-mean=123.675,116.28,103.53",
               "--input-std=58.395,57.12,57.375")


class InputTypeTest(ToolTestCase):
    def setUp(self) -> None:
        super().setUp()
        random = np.random.default_rng(0)
        self.pixels = random.integers(0, 256, (8, 3, 8, 8), np.uint8)
        self.bytes = self.save("pixels", self.pixels)
        self.floats = self.save(
            "floats", self.normalize(self.pixels, MEAN, STD))

    @staticmethod
    def normalize(pixels: np.ndarray, mean: object,
                  std: object) -> np.ndarray:
        values = (pixels.astype(np.float64) - mean) / std
        return values.astype(np.float32)

    def build(self, folder: str, data: Path, *options: str) -> Path:
        run_tool("qopt-compile", self.model, "-o", self.folder / folder,
                 "--name=net", "--calibrate", data, "--input-type=u8",
                 *options)
        return self.folder / folder / "net"

    def build_uniform(self, folder: str, data: Path, *options: str) -> Path:
        return self.build(folder, data, f"--input-mean={MEAN}",
                          f"--input-std={STD}", *options)

    def infer(self, model: object, data: Path, *options: str) -> np.ndarray:
        run_tool("qopt-run", model, "--input", data, "--output", self.result,
                 *options)
        return np.load(self.result)

    def assert_exact_in_float(self, model: Path, normalized: Path) -> None:
        """The prepared float network on pixels, the model on floats."""
        expected = self.infer(self.model, normalized)
        actual = self.infer(model, self.bytes)
        error = np.abs(actual - expected).max() / np.abs(expected).max()
        self.assertLess(error, 1e-5)

    def test_exact_in_float(self) -> None:
        base = self.build_uniform("prepared", self.bytes,
                                  "--stop-after=prepare")
        self.assert_exact_in_float(Path(f"{base}.prepare.mlir"), self.floats)

    def test_exact_in_float_per_channel(self) -> None:
        base = self.build("prepared", self.bytes, *PER_CHANNEL,
                          "--stop-after=prepare")
        mean, std = (np.float64(option.split("=")[1].split(","))
                     .reshape(3, 1, 1) for option in PER_CHANNEL)
        normalized = self.save("normalized",
                               self.normalize(self.pixels, mean, std))
        self.assert_exact_in_float(Path(f"{base}.prepare.mlir"), normalized)

    def test_floats_calibrate_like_pixels(self) -> None:
        repairs = ("--equalize=noise-model", "--round=hessian",
                   "--correct-bias=pre+post")
        paths = [Path(f"{self.build_uniform(name, data, *repairs)}"
                      ".quantized.mlir")
                 for name, data in (("a", self.bytes), ("b", self.floats))]
        self.assertEqual(*[path.read_bytes() for path in paths])

    def test_engines_agree(self) -> None:
        for options in ((f"--input-mean={MEAN}", f"--input-std={STD}"),
                        PER_CHANNEL, (), ("--activations=symmetric",)):
            with self.subTest(options):
                base = self.build("out", self.bytes, "--correct-bias=pre",
                                  *options)
                library = self.infer(f"{base}.so", self.bytes)
                quantized = f"{base}.quantized.mlir"
                reference = self.infer(quantized, self.bytes,
                                       "--engine=reference")
                np.testing.assert_array_equal(library, reference)

    def test_interface_is_bytes(self) -> None:
        base = self.build_uniform("out", self.bytes)
        report = json.loads(Path(f"{base}.report.json").read_text())
        self.assertEqual(report["options"]["input_type"], "u8")
        self.assertEqual(report["options"]["input_mean"], [MEAN])
        self.assertEqual(report["options"]["io"], "float")
        self.assertIn("!quant.uniform<u8:f32, 1.000000e+00>",
                      Path(f"{base}.quantized.mlir").read_text())

    def test_presets(self) -> None:
        for preset in ("fast", "best"):
            with self.subTest(preset):
                self.build_uniform(preset, self.bytes, f"--preset={preset}")

    def test_repairs_of_one_channel(self) -> None:
        """The first layer reads the caller's bytes under another name."""
        pixels = np.random.default_rng(1).integers(0, 256, (4, 1, 28, 28),
                                                   np.uint8)
        data = self.save("gray", pixels)
        for network in ("plain", "depthwise", "residual"):
            self.model = FASHION / f"{network}.onnx"
            for options in REPAIRS:
                with self.subTest(network=network, options=options):
                    base = self.build("out", data, "--input-std=255", *options)
                    quantized = f"{base}.quantized.mlir"
                    np.testing.assert_array_equal(
                        self.infer(f"{base}.so", data),
                        self.infer(quantized, data, "--engine=reference"))

    def test_refusals(self) -> None:
        self.data = self.bytes
        for options, mention in (
                (["--input-type=u16"], "expected one of float, u8"),
                (["--input-mean=1"], "add --input-type=u8"),
                (["--input-std=1"], "add --input-type=u8"),
                (["--input-type=u8", "--input-mean=x"], "not a number"),
                (["--input-type=u8", "--input-std=0"], "is positive"),
                (["--input-type=u8", "--input-std=nan"], "not a number"),
                (["--input-type=u8", "--input-mean=1,2"], "3 channels"),
                ([], "u1")):
            with self.subTest(options):
                self.assert_refused(self.compile(self.model, *options),
                                    mention)


if __name__ == "__main__":
    unittest.main()
