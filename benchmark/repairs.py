#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What every repair of accuracy costs on MobileNet-v1-0.25: time and peak
anonymous memory with 64 and with 400 photographs, and whether two runs, with one
and with two threads, write the same files.

    benchmark/repairs.py [--recipes=TEXT,...] [--check]

`--check` fails where 400 photographs take over 5 % more memory than 64, or where
files differ.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

import numpy as np

import images
from process_memory import Usage, measure
from qopt_tools import BIN, SHARED_DATA

MODEL = SHARED_DATA / "imagenet/mobilenet_v1_0.25_224.onnx"
RECIPES = {
    "nothing": [],
    "pre": ["--correct-bias=pre"],
    "post": ["--correct-bias=post"],
    "pre+post": ["--correct-bias=pre+post"],
    "hessian": ["--round=hessian"],
    "noise-model": ["--equalize=noise-model"],
    "best": ["--preset=best"],
}
FEW, MANY = 64, 400
MEMORY_GROWTH = 1.05  # allowed, MANY against FEW


def compile_once(options: list[str], data: Path, folder: Path) -> Usage:
    return measure([str(BIN / "qopt-compile"), str(MODEL), "-o", str(folder),
                    "--name=net", "--weights=per-tensor", "--calibrate",
                    str(data), *options])


def digest(folder: Path) -> str:
    """Of everything but the report, which holds the command line."""
    sums = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json":
            sums.update(path.name.encode() + path.read_bytes())
    return sums.hexdigest()


def save_photographs(folder: Path) -> dict[int, Path]:
    photographs, _ = images.load(SHARED_DATA / "imagenet/dev")
    paths = {}
    for count in (FEW, MANY):
        paths[count] = folder / f"{count}.npy"
        np.save(paths[count], photographs[:count])
    return paths


def run(name: str, data: dict[int, Path], folder: Path) -> bool:
    """Prints a row; true if memory and files are as they should be."""
    options = RECIPES[name]
    few = compile_once(options, data[FEW], folder / "a")
    compile_once([*options, "--threads=1"], data[FEW], folder / "b")
    many = compile_once(options, data[MANY], folder / "c")
    same = digest(folder / "a") == digest(folder / "b")
    growth = many.peak_anonymous_bytes / few.peak_anonymous_bytes
    print(f"{name:12} {few.seconds:6.1f} s {many.seconds:6.1f} s "
          f"{few.peak_anonymous_bytes / 2**20:7.1f} MiB "
          f"{many.peak_anonymous_bytes / 2**20:7.1f} MiB "
          f"{100 * (growth - 1):+5.1f} %  "
          f"{'same files' if same else 'FILES DIFFER'}", flush=True)
    return same and growth <= MEMORY_GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipes", default=",".join(RECIPES))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    print(f"{'':12} {FEW:>6} {'':1} {MANY:>6} {'':1} {FEW:>7} {'':3} "
          f"{MANY:>7} photographs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = save_photographs(folder)
        results = [run(recipe, data, folder)
                   for recipe in arguments.recipes.split(",")]
    return 0 if all(results) or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
