#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles and measures the three Fashion-MNIST networks, and prints the table.

scripts/demo.sh calls this with the tools built.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import fashion_mnist
import logits
from demo_table import print_table
from qopt_tools import REPOSITORY, compile_model, infer, latency_ms

NETWORKS = ("plain", "depthwise", "residual")
CALIBRATION_IMAGES = 256
REFERENCE_IMAGES = 500  # the interpreter is slow on purpose
BENCH_SECONDS = 1.0
HEADINGS = ("network", "engine", "images", "accuracy", "agreement", "size",
            "latency")


@dataclass
class Line:
    """One line of the table; agreement is with the float engine's top-1."""
    network: str
    engine: str
    images: int
    accuracy: float
    agreement: float
    bytes: int
    latency_ms: float

    def cells(self) -> list[str]:
        return [self.network, self.engine, str(self.images),
                f"{100 * self.accuracy:.2f} %", f"{100 * self.agreement:.2f} %",
                f"{self.bytes / 1000:.0f} kB", f"{self.latency_ms:.3f} ms"]


@dataclass
class Data:
    """Paths of what the tools read, and the labels."""
    calibration: Path
    test: Path
    first: Path  # the first REFERENCE_IMAGES of `test`
    one: Path
    labels: np.ndarray


def prepare_data(folder: Path) -> Data:
    folder.mkdir(parents=True, exist_ok=True)
    training, _ = fashion_mnist.load("train")
    test, labels = fashion_mnist.load("t10k")
    arrays = {"calibration": training[:CALIBRATION_IMAGES], "test": test,
              "first": test[:REFERENCE_IMAGES], "one": test[:1]}
    paths = {}
    for name, array in arrays.items():
        paths[name] = folder / f"{name}.npy"
        np.save(paths[name], array)
    return Data(**paths, labels=labels)


def measure(name: str, data: Data, output: Path) -> list[Line]:
    """Compiles network `name` and runs its three engines."""
    model = REPOSITORY / f"test/data/fashion_mnist/{name}.onnx"
    compiled = compile_model(model, output, data.calibration)
    quantized = Path(f"{compiled}.quantized.mlir")
    library = Path(f"{compiled}.so")
    runs = [("float", model, data.test), ("reference", quantized, data.first),
            ("native", library, data.test)]
    lines: list[Line] = []
    exact = np.empty(0)
    for engine, file, images in runs:
        result = infer(file, images, engine)
        if engine == "float":
            exact = result
        count = len(result)
        lines.append(Line(
            name, engine, count,
            logits.accuracy(result, data.labels[:count]),
            logits.agreement(result, exact[:count]), file.stat().st_size,
            latency_ms(file, data.one, engine, seconds=BENCH_SECONDS)["min"]))
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True,
                        help="folder for the compiled networks and arrays")
    options = parser.parse_args()
    data = prepare_data(options.output / "data")
    lines: list[Line] = []
    for name in NETWORKS:
        print(f"== compiling and running {name}", file=sys.stderr, flush=True)
        lines += measure(name, data, options.output)
    print_table(HEADINGS, [line.cells() for line in lines], left=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
