# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""3x3 depthwise convolutions of stride 1 on the DSP, where channels fill vectors.

Random networks seldom draw such shapes. Rows even and odd in number, one and more
groups of pixels, borders of every width, overlapping blocks of channels, several
images and bounds per channel, each the same bytes as on this machine.
"""

import tempfile
import unittest
from pathlib import Path

import numpy as np

from emulators import needs_emulators
from qopt_tools import infer, run_tool

# images, height, width, channels, pads (top, left, bottom, right)
SHAPES = [(1, 8, 8, 32, (1, 1, 1, 1)), (2, 7, 12, 32, (1, 1, 1, 1)),
          (1, 5, 28, 32, (2, 2, 2, 2)), (1, 6, 10, 32, (0, 0, 0, 0)),
          (1, 4, 6, 64, (1, 0, 1, 2)), (2, 5, 14, 64, (1, 2, 1, 0)),
          (1, 7, 7, 128, (1, 1, 1, 1)), (2, 4, 14, 128, (1, 1, 1, 1)),
          (1, 3, 1, 128, (0, 1, 1, 1)), (1, 6, 9, 160, (2, 0, 0, 2)),
          (1, 4, 30, 256, (1, 1, 1, 1))]

NETWORK = """
!in = !quant.uniform<i8:f32, 0.0625:{zero}>
!mid = !quant.uniform<i8:f32, 0.03125:-128>
!out = !quant.uniform<i8:f32, 0.0625:{zero}>
!first = !quant.uniform<i8<-127:127>:f32, 0.0078125>
!second = !quant.uniform<i8<-127:127>:f32:2, {{{scales}}}>
func.func @net(%x: tensor<{n}x{h}x{w}x3x!in>) -> tensor<{n}x{oh}x{ow}x{c}x!out>
    attributes {{qopt.contract = #qopt.contract<"{contract}">}} {{
  %w = qopt.constant dense_resource<first> : tensor<{c}x1x1x3x!first>
  %0 = qopt.conv2d %x, %w : (tensor<{n}x{h}x{w}x3x!in>, tensor<{c}x1x1x3x!first>)
      -> tensor<{n}x{h}x{w}x{c}x!mid>
  %v = qopt.constant dense_resource<second> : tensor<3x3x{c}x!second>
  %b = qopt.constant dense<{bias}> : tensor<{c}xi32>
  %1 = qopt.depthwise_conv2d %0, %v bias %b {{pads = array<i64: {pads}>{clamp}}}
      : (tensor<{n}x{h}x{w}x{c}x!mid>, tensor<3x3x{c}x!second>, tensor<{c}xi32>)
      -> tensor<{n}x{oh}x{ow}x{c}x!out>
  return %1 : tensor<{n}x{oh}x{ow}x{c}x!out>
}}
{{-# dialect_resources: {{ builtin: {{
  first: "0x01000000{first}",
  second: "0x01000000{second}"
}} }} #-}}
"""


def words(values: np.ndarray) -> str:
    return ", ".join(repr(float(value)) for value in values)


@needs_emulators("hexagon-hvx")
class HexagonDepthwiseTest(unittest.TestCase):
    def check(self, folder: Path, index: int, contract: str) -> None:
        n, h, w, c, pads = SHAPES[index]
        random = np.random.default_rng(index)
        codes = random.integers(-127, 128, (12, c), dtype=np.int8)
        bounds = words(random.integers(8, 80, c) / 16)
        text = NETWORK.format(
            n=n, h=h, w=w, c=c, oh=h + pads[0] + pads[2] - 2, ow=w + pads[1] + pads[3] - 2,
            zero=(-128, 11)[index % 2], contract=contract, pads=str(pads)[1:-1],
            scales=words(random.integers(4, 40, c) / 2048),
            bias=random.integers(-9000, 9000, c).tolist(),
            clamp=("", f", clamp_max = array<f32: {bounds}>")[index % 3 == 1],
            first=codes[:3].tobytes().hex(), second=codes[3:].tobytes().hex())
        (folder / "net.mlir").write_text(text)
        np.save(folder / "x.npy", random.integers(-128, 128, (n, h, w, 3), dtype=np.int8))
        run_tool("qopt-compile", folder / "net.mlir", "-o", folder, "--name=net",
                 "--target=hexagon-hvx", "--harness")
        there = infer(folder / "net.elf", folder / "x.npy", "native")
        here = infer(folder / "net.mlir", folder / "x.npy", "reference")
        self.assertGreater(len(np.unique(here)), 16)
        self.assertEqual(there.tobytes(), here.tobytes())

    def test_shapes(self) -> None:
        for index, shape in enumerate(SHAPES):
            contract = ("fixed", "fixed-double")[index % 2]
            with self.subTest(shape=shape, contract=contract), \
                    tempfile.TemporaryDirectory() as folder:
                self.check(Path(folder), index, contract)


if __name__ == "__main__":
    unittest.main()
