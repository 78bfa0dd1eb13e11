# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""scripts/demo_emulated.py: real networks on emulated machines give our bytes."""

import subprocess
import sys
import tempfile
import unittest

import fashion_mnist
from emulators import needs_emulators
from qopt_tools import REPOSITORY

IMAGES = 40


@needs_emulators()
class EmulatedDemoTest(unittest.TestCase):
    def check(self, target: str, *options: str) -> None:
        if not fashion_mnist.DATA_DIR.exists():
            self.skipTest(f"there is no {fashion_mnist.DATA_DIR}")
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, str(REPOSITORY / "scripts/demo_emulated.py"),
                 f"--output={folder}", f"--target={target}",
                 f"--images={IMAGES}", "--", *options],
                capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count(f"{IMAGES} of {IMAGES}"), 3,
                         done.stdout)

    def test_hexagon(self) -> None:
        self.check("hexagon-hvx")

    def test_hexagon_double_rounding(self) -> None:
        self.check("hexagon-hvx", "--numerics=fixed-double")

    def test_arm(self) -> None:
        for target in ("arm-neon", "arm-dotprod", "arm-i8mm"):
            with self.subTest(target):
                self.check(target)

    def test_arm_powers_of_two(self) -> None:
        self.check("arm-dotprod", "--numerics=power-of-two", "--io=quantized")


if __name__ == "__main__":
    unittest.main()
