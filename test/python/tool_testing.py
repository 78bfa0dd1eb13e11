# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the tests that run the tools share."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np

import hostile
from qopt_tools import BIN

TIMEOUT = 60  # seconds; a refusal takes a fraction of one
DAMAGE = ("Stack dump", "AddressSanitizer", "LLVM ERROR", "Assertion",
          "terminate called")


class ToolTestCase(unittest.TestCase):
    """Gives each test a folder with a healthy model and calibration data."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.output = self.folder / "output"
        self.result = self.folder / "result.npy"
        self.model = self.write("healthy.onnx",
                                hostile.healthy().SerializeToString())
        self.data = self.save("data", self.samples(4))

    @staticmethod
    def samples(count: int) -> np.ndarray:
        random = np.random.default_rng(0)
        return random.standard_normal((count, 3, 8, 8), dtype=np.float32)

    def write(self, name: str, contents: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(contents)
        return path

    def save(self, name: str, array: np.ndarray) -> Path:
        path = self.folder / f"{name}.npy"
        np.save(path, array)
        return path

    def run_tool(self, tool: str,
                 *arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run([str(BIN / tool), *map(str, arguments)],
                              capture_output=True, timeout=TIMEOUT,
                              check=False)

    def compile(self, *arguments: object) -> subprocess.CompletedProcess:
        """qopt-compile into self.output, calibrated on self.data."""
        return self.run_tool("qopt-compile", "-o", self.output,
                             "--calibrate", self.data, *arguments)

    def run_model(self, *arguments: object) -> subprocess.CompletedProcess:
        """qopt-run with its output in self.result."""
        return self.run_tool("qopt-run", "--output", self.result, *arguments)

    def assert_accepted(self, done: subprocess.CompletedProcess) -> None:
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_refused(self, done: subprocess.CompletedProcess,
                       *mentions: str) -> None:
        """Status 1, one line on stderr with `mentions`, nothing written."""
        errors = done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, 1, errors)
        self.assertEqual(len(errors.strip().splitlines()), 1, errors)
        for mention in mentions:
            self.assertIn(mention, errors)
        self.assert_undamaged(done)
        self.assertFalse(self.output.exists())
        self.assertFalse(self.result.exists())

    def assert_undamaged(self, done: subprocess.CompletedProcess) -> None:
        for word in DAMAGE:
            self.assertNotIn(word.encode(), done.stderr)
