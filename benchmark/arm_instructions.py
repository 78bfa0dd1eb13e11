#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Instructions that MobileNet-v1 1.0 takes on 64-bit Arm, layer by layer, under qemu.

A plugin of ours (emulated/count_instructions.c) counts what the executable of
`qopt-compile --harness` executes, by symbol: exact, the same in every run, and no
more than a hint at time. The yardstick is the number of dots that the products
need: 16 products in one sdot, 32 in one smmla.

    benchmark/arm_instructions.py [--check] [--json FILE]

Needs qemu-user and the target qopt-count-instructions of the build.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import synthetic
from measurement import finish, make_parser
from qopt_tools import BIN, ToolError, compile_model, run_tool

PLUGIN = BIN.parent / "lib/qopt-count-instructions.so"
# Products of one dot instruction, and the most instructions per such dot.
PRODUCTS = {"arm-i8mm": 32, "arm-dotprod": 16, "arm-neon": 8}
MOST = {"arm-i8mm": 2.1, "arm-dotprod": 1.55}


@dataclass
class Kernel:
    """One kernel and all layers that share it."""
    layers: list[str]
    kernel: str
    instructions: int
    products: int


def quantize(folder: Path) -> tuple[Path, bytes]:
    """The quantized network and what this machine's library answers."""
    image = synthetic.images(1)
    prefix = compile_model(synthetic.network("mobilenet_v1"), folder, image, ["--emit=mlir,so"])
    output = folder / "host.npy"
    run_tool("qopt-run", prefix.with_suffix(".so"), "--input", image, "--output", output)
    return prefix.with_name(prefix.name + ".quantized.mlir"), np.load(output).tobytes()


def count(executable: Path, folder: Path) -> tuple[Counter[str], bytes]:
    """Executed instructions by symbol, and the results."""
    sample, result, counts = folder / "sample", folder / "result", folder / "counts"
    np.load(synthetic.images(1))[:1].tofile(sample)
    done = subprocess.run(
        ["qemu-aarch64", "-cpu", "max", "-plugin", f"{PLUGIN},out={counts}",
         str(executable), str(sample), str(result)],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolError(f"qemu-aarch64 {executable}: {done.stderr.strip()}")
    by_symbol: Counter[str] = Counter()
    for line in counts.read_text().splitlines():
        number, symbol = line.split(maxsplit=1)
        by_symbol[symbol] += int(number)
    return by_symbol, result.read_bytes()


def measure(quantized: Path, target: str, folder: Path) -> tuple[list[Kernel], int, bytes]:
    """Kernels, instructions of the whole network, and its results."""
    run_tool("qopt-compile", quantized, "-o", folder, "--name=mobilenet_v1",
             f"--target={target}", "--harness", "--emit=report")
    by_symbol, result = count(folder / "mobilenet_v1.elf", folder)
    report = json.loads((folder / "mobilenet_v1.report.json").read_text())
    kernels: dict[str, Kernel] = {}
    for layer in report["layers"]:
        for name in layer["kernels"]:
            kernel = kernels.setdefault(name, Kernel([], name, by_symbol[name], 0))
            kernel.layers.append(layer["name"])
            kernel.products += layer.get("macs", 0)
    own = set(kernels) | {symbol for symbol in by_symbol
                          if symbol.startswith(("mobilenet_v1", "fill_halo", "copy_layout"))}
    return list(kernels.values()), sum(by_symbol[symbol] for symbol in own), result


def print_kernels(target: str, kernels: list[Kernel]) -> None:
    per = PRODUCTS[target]
    print(f"\n{target}: executed instructions; each is worth {per} products at most")
    print(f"{'layers':42} {'kernel':44} {'instructions':>12} {'of dots':>8}")
    for kernel in kernels:
        layers = kernel.layers[0] + (f" + {len(kernel.layers) - 1}" if kernel.layers[1:] else "")
        share = f"{kernel.instructions * per / kernel.products:8.2f}" if kernel.products else ""
        print(f"{layers:42} {kernel.kernel:44} {kernel.instructions:12} {share}")


def main() -> int:
    parser = make_parser(__doc__.split("\n", maxsplit=1)[0])
    options = parser.parse_args()
    if not PLUGIN.exists():
        raise ToolError(f"'{PLUGIN}' is missing; install qemu-user and build again")
    results, good = {}, True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quantized, expected = quantize(folder)
        for target, per in PRODUCTS.items():
            kernels, total, result = measure(quantized, target, folder)
            print_kernels(target, kernels)
            products = sum(kernel.products for kernel in kernels)
            ratio, same = total * per / products, result == expected
            goal = f", at most {MOST[target]}" if target in MOST else ""
            print(f"whole network: {total} instructions, {ratio:.3f} per dot of {per} products"
                  f"{goal}; bytes {'as on this machine' if same else 'DIFFER'}")
            good = good and same and ratio <= MOST.get(target, ratio)
            results[target] = {"instructions": total, "products": products, "per_dot": ratio,
                               "same_bytes": same, "kernels": [asdict(k) for k in kernels]}
    return finish(options, results, good)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ToolError, OSError) as error:
        sys.exit(f"arm_instructions.py: {error}")
