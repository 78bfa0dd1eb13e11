# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One product through rows of four kinds gives the same bytes.

Speed on x86 is left to benchmark/gemm_probe: other work on the machine would
decide it here. Packets of an emulated processor do not vary.
"""

import re
import subprocess
import unittest

from emulators import needs_emulators
from qopt_tools import BIN, REPOSITORY

EMULATED_ROWS = ("arm-dotprod", "arm-i8mm", "hexagon-hvx")
GOAL_MACS_PER_PACKET = 220


class GemmProbeTest(unittest.TestCase):
    @needs_emulators(*EMULATED_ROWS)
    def test_same_bytes_and_packets(self) -> None:
        done = subprocess.run(
            [str(REPOSITORY / "benchmark/gemm_probe/run.sh"), str(BIN.parent)],
            capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = dict(line.split(maxsplit=1)
                     for line in done.stdout.splitlines()[1:])
        for row, result in lines.items():
            with self.subTest(row):
                self.assertTrue(result.startswith("same bytes"), result)
        self.assertLessEqual(set(EMULATED_ROWS), set(lines))
        rate = re.search(r"([\d.]+) of 256 MAC/packet", lines["hexagon-hvx"])
        self.assertGreaterEqual(float(rate.group(1)), GOAL_MACS_PER_PACKET)


if __name__ == "__main__":
    unittest.main()
