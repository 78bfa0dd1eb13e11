#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the Fashion-MNIST networks of another machine under its emulator.

One quantized file feeds both: the machine's executable and a library for this
machine. Every prediction and every byte should be the same. scripts/demo.sh
calls this with the tools built.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import fashion_mnist
import logits
from demo_table import print_table
from qopt_tools import REPOSITORY, ToolError, compile_model, infer, run_tool

NETWORKS = ("plain", "depthwise", "residual")
CALIBRATION_IMAGES = 256
HEADINGS = ("network", "contract", "images", "accuracy", "equal predictions",
            "equal bytes")


@dataclass
class Grid:
    """Scale and zero point of an interface of codes."""
    scale: np.float32
    zero_point: int

    @staticmethod
    def of(tensor: dict) -> Grid:
        grid = tensor["quantization"]
        return Grid(np.float32(grid["scale"][0]), grid["zero_point"][0])

    def quantize(self, values: np.ndarray) -> np.ndarray:
        codes = np.rint(values / self.scale) + np.float32(self.zero_point)
        return np.clip(codes, -128, 127).astype(np.int8)

    def dequantize(self, codes: np.ndarray) -> np.ndarray:
        offsets = codes.astype(np.int32) - self.zero_point
        return offsets.astype(np.float32) * self.scale


def infer_here(compiled: Path, images: Path, report: dict) -> np.ndarray:
    """Outputs of the library for this machine, as real numbers."""
    library = compiled.parent / "host" / compiled.name
    run_tool("qopt-compile", f"{compiled}.quantized.mlir", "-o",
             library.parent, f"--name={library.name}", "--emit=so")
    if report["options"]["io"] == "float":
        return infer(Path(f"{library}.so"), images, "native")
    layers = report["layers"]
    codes = images.parent / f"{compiled.name}.codes.npy"
    np.save(codes, Grid.of(layers[0]["inputs"][0]).quantize(np.load(images)))
    return Grid.of(layers[-1]["output"]).dequantize(
        infer(Path(f"{library}.so"), codes, "native"))


def measure(name: str, options: argparse.Namespace, calibration: Path,
            test: Path, labels: np.ndarray) -> list[str]:
    """One line of the table."""
    model = REPOSITORY / f"test/data/fashion_mnist/{name}.onnx"
    compiled = compile_model(
        model, options.output / options.target, calibration,
        [f"--target={options.target}", "--harness", *options.compile_option])
    report = json.loads(Path(f"{compiled}.report.json").read_text())
    there = infer(Path(f"{compiled}.elf"), test, "native")
    here = infer_here(compiled, test, report)
    count = len(labels)
    predictions = int((there.argmax(1) == here.argmax(1)).sum())
    same = int((there.view(np.uint8) == here.view(np.uint8)).sum())
    return [name, report["options"]["numerics"], str(count),
            f"{100 * logits.accuracy(there, labels):.2f} %",
            f"{predictions} of {count}", f"{same} of {there.nbytes}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True,
                        help="folder for the compiled networks and arrays")
    parser.add_argument("--target", required=True)
    parser.add_argument("--images", type=int, default=500,
                        help="test images; emulators are slow (default: 500)")
    parser.add_argument("compile_option", nargs="*",
                        help="more options for qopt-compile")
    options = parser.parse_args()
    folder = options.output / "data"
    folder.mkdir(parents=True, exist_ok=True)
    training, _ = fashion_mnist.load("train")
    images, labels = fashion_mnist.load("t10k")
    calibration, test = folder / "calibration.npy", folder / "emulated.npy"
    np.save(calibration, training[:CALIBRATION_IMAGES])
    np.save(test, images[:options.images])
    lines = []
    for name in NETWORKS:
        print(f"== {name} for {options.target}, emulated", file=sys.stderr,
              flush=True)
        lines.append(measure(name, options, calibration, test,
                             labels[:options.images]))
    print_table(HEADINGS, lines, left=2)
    # Equal bytes, and with them every prediction.
    same = all(len(set(line[-1].split(" of "))) == 1 for line in lines)
    return 0 if same else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ToolError as error:
        sys.exit(f"demo: {error}")
