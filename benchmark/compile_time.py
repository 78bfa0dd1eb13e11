#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Time and memory of qopt-compile: ONNX to .so with 64 calibration images.

Goals on the reference machine (2 cores): MobileNet-v1 1.0 in 3 s, ResNet-50 in
9 s; anonymous memory, children included, at most 3 times the float weights plus
300 MiB. With --check the exit status is 1 if one is missed. --growth compiles
chains of more and more layers instead, all of one shape or each of its own: what
time grows with is the number of distinct shapes.
Run it with build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

import make_networks
import process_memory
import synthetic
from measurement import finish, make_parser
from qopt_tools import BIN

GOAL_SECONDS = {"mobilenet_v1": 3.0, "resnet50": 9.0}
MIB = 2 ** 20
CHAIN_LENGTHS = (8, 16, 32, 64)
CHAIN_SIZE, CHAIN_CHANNELS = 14, 64  # maps


@dataclass
class Result:
    network: str
    seconds: float
    goal_seconds: float | None
    peak_mib: float
    goal_mib: float

    @property
    def met(self) -> bool:
        in_time = self.goal_seconds is None or self.seconds <= self.goal_seconds
        return in_time and self.peak_mib <= self.goal_mib


def weight_bytes(model: Path) -> int:
    """Bytes of all initializers."""
    return sum(len(t.raw_data) for t in onnx.load(model).graph.initializer)


def measure(name: str, calibration: Path, options: list[str]) -> Result:
    model = synthetic.network(name)
    with tempfile.TemporaryDirectory() as folder:
        usage = process_memory.measure(
            [str(BIN / "qopt-compile"), str(model), "-o", folder,
             "--calibrate", str(calibration), *options])
        if not list(Path(folder).glob("*.so")):
            raise RuntimeError(f"qopt-compile wrote no .so for {model}")
    return Result(name, usage.seconds, GOAL_SECONDS.get(name),
                  usage.peak_anonymous_bytes / MIB,
                  3 * weight_bytes(model) / MIB + 300)


def write_chain(path: Path, count: int, distinct: bool) -> None:
    """`count` 3x3 convolutions and ReLUs; `distinct`: no two of one shape."""
    net = make_networks.NetworkBuilder("chain", seed=1, batch_norm=False)
    shape = [1, CHAIN_CHANNELS, CHAIN_SIZE, CHAIN_SIZE]
    x = net.graph.input("x", shape), CHAIN_CHANNELS
    for index in range(count):
        channels = CHAIN_CHANNELS + (index + 1 if distinct else 0)
        x = net.conv(f"conv{index}", x, channels, 3, activation="Relu")
    net.graph.output(x[0], [1, x[1], CHAIN_SIZE, CHAIN_SIZE])
    net.graph.save(path)


def print_growth() -> None:
    """Least seconds of three compilations, and kernels, of both kinds of chain."""
    print(f"{'layers':>6}{'one shape':>12}{'kernels':>9}{'distinct':>12}{'kernels':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calibration = folder / "calibration.npy"
        shape = (1, CHAIN_CHANNELS, CHAIN_SIZE, CHAIN_SIZE)
        np.save(calibration,
                np.random.default_rng(1).standard_normal(shape).astype(np.float32))
        for count in CHAIN_LENGTHS:
            print(f"{count:>6}", end="")
            for distinct in (False, True):
                model = folder / "chain.onnx"
                write_chain(model, count, distinct)
                seconds = min(process_memory.measure(
                    [str(BIN / "qopt-compile"), str(model), "-o", str(folder),
                     "--calibrate", str(calibration)]).seconds for _ in range(3))
                report = json.loads((folder / "chain.report.json").read_text())
                kernels = {kernel for layer in report["layers"]
                           for kernel in layer["kernels"]}
                print(f"{seconds:>10.2f} s{len(kernels):>9}", end="", flush=True)
            print()


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK",
                        default=list(GOAL_SECONDS),
                        help="mobilenet_v1, mobilenet_v2, resnet50 "
                        "(default: those with a goal)")
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--compile-option", action="append", default=[],
                        metavar="OPTION", help="passed on to qopt-compile")
    parser.add_argument("--growth", action="store_true",
                        help="chains of layers instead of networks")
    options = parser.parse_args()
    if options.growth:
        print_growth()
        return 0

    calibration = synthetic.images(options.samples)
    results = []
    for name in options.networks:
        try:
            result = measure(name, calibration, options.compile_option)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{name}: qopt-compile failed: {error.stderr.strip()}")
        results.append(result)
        goal = (f" (goal {result.goal_seconds:.0f})"
                if result.goal_seconds is not None else "")
        print(f"{name:13} {result.seconds:6.2f} s{goal}, "
              f"{result.peak_mib:7.1f} MiB (goal {result.goal_mib:.1f})"
              f"{'' if result.met else '  MISSED'}", flush=True)
    return finish(options, [{**asdict(r), "met": r.met} for r in results],
                  all(r.met for r in results))


if __name__ == "__main__":
    sys.exit(main())
