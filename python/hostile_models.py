#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the hostile ONNX files of package `hostile` into a folder."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import hostile


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="which of them (default: all)")
    parser.add_argument("--output", type=Path, help="folder for NAME.onnx")
    parser.add_argument("--list", action="store_true",
                        help="print the names, and which of them are legal")
    options = parser.parse_args()
    for name in options.names:
        if name not in hostile.MODELS:
            parser.error(f"there is no hostile model {name}")
    if options.list:
        for name in hostile.MODELS:
            print(name, "(legal)" if name in hostile.DEGENERATE else "")
        return 0
    if options.output is None:
        parser.error("--output names the folder to write to")
    options.output.mkdir(parents=True, exist_ok=True)
    for name in options.names or hostile.MODELS:
        (options.output / f"{name}.onnx").write_bytes(hostile.MODELS[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main())
