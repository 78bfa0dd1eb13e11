#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Packets that MobileNet-v1 takes on Hexagon, layer by layer, under qemu.

The emulator counts packets in control register c20, exactly and the same in
every run: a lower bound of cycles, without caches and stalls. Compiles the
network for hexagon-hvx, links it with emulated/packets.c, and prints

* the packets of every step, products per packet (256 at most) or results per
  packet, and whether the results are those of the library of this machine,
* the requantization of every tile of whole vectors, from its first product to
  its last store, per 128 results,
* the goals. With --check the exit status is 1 if one is missed.

The matrix product of 512 x 512 x 512 is gemm_probe/run.sh. Needs clang-22,
lld-22, llvm-22 and qemu-user.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import synthetic
from qopt_tools import compile_model, identifier, run_tool

DRIVER = Path(__file__).parent / "emulated/packets.c"
HEXAGON = ("--target=hexagon-unknown-linux-musl", "-mcpu=hexagonv66", "-mhvx",
           "-mhvx-length=128b", "-ffreestanding", "-nostdlib", "-static", "-fuse-ld=lld", "-G0")
HVX = "--mattr=+hvxv66,+hvx-length128b"


@dataclass
class Step:
    """One step of the program: a layer, or a copy between layouts."""
    name: str
    packets: int
    layer: dict | None

    @property
    def kind(self) -> str:
        kernel = self.layer["kernel"] if self.layer else ""
        if kernel.startswith("gemm"):
            shape = self.layer["inputs"][0]["shape"]
            return "pointwise" if len(shape) == 4 and shape[1:3] != [1, 1] else "dense"
        return kernel.split("__")[0].rsplit("_", 1)[0] if "conv" in kernel else "other"

    @property
    def macs(self) -> int:
        return self.layer.get("macs", 0) if self.layer else 0

    @property
    def results(self) -> int:
        count = 1
        for size in self.layer["output"]["shape"] if self.layer else [0]:
            count *= size
        return count


def output_of(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True).stdout


def link(folder: Path, name: str, flags: tuple[str, ...]) -> Path:
    program = folder / f"{name}.packets"
    output_of("clang-22", "-O2", *flags, f"-DNETWORK={name}", f'-DNETWORK_HEADER="{name}.h"',
              f"-I{folder}", DRIVER, folder / f"{name}.o", "-o", program)
    return program


def step_names(folder: Path, name: str) -> list[str]:
    """Names in the order of the steps, from their symbols."""
    steps = re.findall(rf" t {name}_step(\d+)_(\S+)", output_of("llvm-nm-22", folder / f"{name}.o"))
    return [text for _, text in sorted((int(number), text) for number, text in steps)]


def run(folder: Path, name: str) -> tuple[list[Step], str]:
    """All steps, and the hash of the results."""
    lines = output_of("qemu-hexagon", "-cpu", "v67", link(folder, name, HEXAGON)).split("\n")
    report = json.loads((folder / f"{name}.report.json").read_text())
    layers = {re.sub(r"\W", "_", layer["name"]): layer for layer in report["layers"]}
    names = step_names(folder, name)
    counts = [int(line) for line in lines[:len(names)]]
    return [Step(text, count, layers.get(text)) for text, count in zip(names, counts)], lines[-2]


def requantizations(folder: Path, name: str) -> dict[str, float]:
    """Packets per 128 results of the tiles of 128 channels, by kernel.

    Straight code, so that each packet between is taken once per tile.
    """
    text = output_of("llvm-objdump-22", "-d", "--no-show-raw-insn", HVX, folder / f"{name}.o")
    found = {}
    for kernel, code in re.findall(r"<(gemm_\w+x128c4__\w+)>:\n(.*?)\n\n", text, re.DOTALL):
        pixels = int(kernel.split("_")[1].split("x")[0])
        packets = code.split("}")
        products = [i for i, packet in enumerate(packets) if "vmpyo" in packet]
        stores = [i for i, packet in enumerate(packets)
                  if re.search(r"vmemu?\(r(?!29\b)\d+[^)]*\) = ", packet)]
        if pixels > 1 and len(products) == 4 * pixels:
            found[kernel] = (max(stores) - min(products) + 2) / pixels
    return found


def print_steps(steps: list[Step]) -> None:
    print(f"{'step':24}{'kind':18}{'MAC':>12}{'packets':>10}{'MAC/packet':>12}{'results/p.':>12}")
    for step in steps:
        rates = f"{step.macs / step.packets:12.1f}" if step.macs else f"{'':12}"
        if step.kind.startswith("dwconv"):
            rates += f"{step.results / step.packets:12.2f}"
        print(f"{step.name[:23]:24}{step.kind:18}{step.macs:12}{step.packets:10}{rates}")


def measure(folder: Path) -> tuple[list[Step], dict[str, float], bool]:
    """Steps, requantizations, and whether both machines have the same bytes."""
    model = synthetic.network("mobilenet_v1")
    name = identifier(model)
    compile_model(model, folder / "dsp", synthetic.images(1), ("--target=hexagon-hvx",))
    run_tool("qopt-compile", folder / f"dsp/{name}.quantized.mlir", f"--name={name}",
             "--target=host", "-o", folder / "host")
    steps, results = run(folder / "dsp", name)
    here = output_of(link(folder / "host", name, ())).split("\n")[-2]
    return steps, requantizations(folder / "dsp", name), here == results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="status 1 if a goal is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        steps, requantized, same = measure(Path(folder))
    print_steps(steps)

    def total(kind: str, what: str) -> int:
        return sum(getattr(step, what) for step in steps if step.kind.startswith(kind))

    packets, macs = total("", "packets"), total("", "macs")
    depthwise = [step for step in steps if step.kind == "dwconv_3x3s1"]
    rates = [step.results / step.packets for step in depthwise]
    goals = [
        ("pointwise layers, MAC/packet, at least 210",
         total("pointwise", "macs") / total("pointwise", "packets"), 210, True),
        ("depthwise 3x3 stride 1, all layers together, results/packet, at least 5",
         sum(step.results for step in depthwise) / sum(step.packets for step in depthwise), 5,
         True),
        ("whole network, packets / (MAC/256), at most 1.45", packets / (macs / 256), 1.45, False),
        ("requantization, packets per 128 results, at most 12", max(requantized.values()), 12,
         False),
    ]
    print(f"\nresults {'as on this machine' if same else 'DIFFER from this machine'}; "
          f"{packets} packets for {macs} MAC; depthwise stride 1 {min(rates):.2f} to {max(rates):.2f}")
    missed = not same
    for text, value, bound, least in goals:
        good = value >= bound if least else value <= bound
        missed |= not good
        print(f"{text}: {value:.2f}{'' if good else '  MISSED'}")
    return int(arguments.check and missed)


if __name__ == "__main__":
    sys.exit(main())
