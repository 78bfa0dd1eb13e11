# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs qopt-compile and qopt-run for the tests and benchmarks."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("QOPT_BIN", REPOSITORY / "build/release/bin"))
# Data that developers have beside the repository; nothing needs it to build.
SHARED_DATA = Path(os.environ.get("QOPT_SHARED_DATA",
                                  REPOSITORY.parent / "shared/data"))


class ToolError(RuntimeError):
    """A tool of ours ended with something other than 0."""


def run_tool(tool: str, *arguments: object, timeout: float | None = None) -> str:
    """Runs a tool of build/release/bin and returns its stdout.

    Raises ToolError with the tool's own words, if it does not return 0.
    """
    command = [str(BIN / tool), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=timeout, check=False)
    if done.returncode != 0:
        raise ToolError(f"{' '.join(command)}: status {done.returncode}: "
                        f"{done.stderr.strip()}")
    return done.stdout


def identifier(model: Path) -> str:
    """The stem made a C identifier, as qopt-compile names its outputs."""
    name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_"
                   for c in model.stem)
    return "_" + name if name[:1].isdigit() else name


def compile_model(model: Path, output: Path, calibration: Path,
                  options: Sequence[str] = ()) -> Path:
    """Compiles `model` into folder `output`; returns OUTPUT/NAME.

    Append ".so", ".quantized.mlir" and so on to what this returns.
    """
    run_tool("qopt-compile", model, "-o", output, "--calibrate", calibration,
             *options)
    return output / identifier(model)


def infer(model: Path, data: Path, engine: str,
          options: Sequence[str] = ()) -> np.ndarray:
    """Runs samples through `model` and returns the stacked outputs."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "output.npy"
        run_tool("qopt-run", model, "--input", data, "--output", result,
                 f"--engine={engine}", *options)
        return np.load(result)


def latency_ms(model: Path, data: Path, engine: str, threads: int = 1,
               seconds: float = 2.0) -> dict[str, float]:
    """Times one sample; returns {"min": ..., "median": ...} in ms."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "output.npy"
        text = run_tool("qopt-run", model, "--input", data, "--output", result,
                        f"--engine={engine}", f"--threads={threads}",
                        f"--bench={seconds}", "--json")
    return json.loads(text)["latency_ms"]
