#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes of compiled networks: the object beside its constants, the workspace beside what lives.

The object may hold the packed constants (padding, biases, multipliers and tables
included) and 8 KiB for every distinct kernel; the constants of MobileNet-v1 may
be 1.25 times its int8 weights; the fixed workspace may be 1.1 times the largest
sum of buffers that live at one time. With --check the exit status is 1 if one is
exceeded. Run it with build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

import synthetic
from measurement import finish, make_parser
from qopt_tools import REPOSITORY, SHARED_DATA, ToolError, compile_model

LARGE = ("mobilenet_v1", "mobilenet_v2", "resnet50")
FASHION = ("plain", "depthwise", "residual")
TINY = ("resnet8", "vww_mobilenet", "kws_dscnn", "autoencoder")
BYTES_PER_KERNEL = 8 * 1024
MOST_CONSTANTS_PER_WEIGHT = {"mobilenet_v1": 1.25}
MOST_WORKSPACE_PER_LIVE = 1.1


@dataclass
class Sizes:
    """Bytes of one network for one target, and how many kernels it has."""
    network: str
    target: str
    object: int
    constants: int
    weights: int
    kernels: int
    workspace: int
    live: int  # the largest sum of planned buffers that live at one time

    @property
    def object_limit(self) -> int:
        return self.constants + BYTES_PER_KERNEL * self.kernels

    def excesses(self) -> list[str]:
        """A sentence for every limit that is exceeded."""
        found = []
        if self.object > self.object_limit:
            found.append(f"the object has {self.object} bytes of {self.object_limit}")
        most = MOST_CONSTANTS_PER_WEIGHT.get(self.network)
        if most is not None and self.constants > most * self.weights:
            found.append(f"{self.constants} bytes of constants for "
                         f"{self.weights} of weights")
        if self.workspace > MOST_WORKSPACE_PER_LIVE * self.live:
            found.append(f"{self.workspace} bytes of workspace for "
                         f"{self.live} that live")
        return found


def model_path(name: str) -> Path:
    """The float ONNX of `name`; a file in ../shared/data may not exist."""
    if name in LARGE:
        return synthetic.network(name)
    if name in FASHION:
        return REPOSITORY / f"test/data/fashion_mnist/{name}.onnx"
    return SHARED_DATA / f"tiny/{name}.onnx"


def measure(name: str, target: str = "host", options: Sequence[str] = ()) -> Sizes:
    """Compiles network `name`, with ranges of two random samples."""
    model = model_path(name)
    dims = onnx.load(model).graph.input[0].type.tensor_type.shape.dim
    shape = [2] + [dim.dim_value for dim in dims][1:]
    with tempfile.TemporaryDirectory() as folder:
        calibration = Path(folder) / "calibration.npy"
        np.save(calibration,
                np.random.default_rng(1).standard_normal(shape).astype(np.float32))
        output = compile_model(model, Path(folder), calibration,
                               [f"--target={target}", *options])
        report = json.loads(Path(f"{output}.report.json").read_text())
        size = Path(f"{output}.o").stat().st_size
    totals = report["totals"]
    kernels = {symbol for layer in report["layers"] for symbol in layer["kernels"]}
    return Sizes(name, report["options"]["target"], size, totals["constant_bytes"],
                 totals["weight_bytes"], len(kernels), totals["arena_bytes"],
                 totals["arena_lower_bound_bytes"])


def print_row(sizes: Sizes) -> None:
    per_kernel = (sizes.object - sizes.constants) / max(sizes.kernels, 1) / 1024
    print(f"{sizes.network:<14}{sizes.target:<16}{sizes.object:>10}{sizes.constants:>10}"
          f"{sizes.kernels:>8}{per_kernel:>12.2f}{sizes.constants / sizes.weights:>12.3f}"
          f"{sizes.workspace:>11}{sizes.live:>10}{sizes.workspace / sizes.live:>7.3f}",
          flush=True)


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK",
                        default=LARGE + TINY + FASHION,
                        help=f"of {', '.join(LARGE + TINY + FASHION)} (default: all)")
    parser.add_argument("--target", action="append",
                        help="may be given several times (default: host)")
    options = parser.parse_args()

    print(f"{'network':<14}{'target':<16}{'object':>10}{'constants':>10}{'kernels':>8}"
          f"{'KiB/kernel':>12}{'/weights':>12}{'workspace':>11}{'live':>10}{'ratio':>7}")
    results = []
    for name in options.networks:
        if not model_path(name).exists():
            print(f"{name}: left out, {model_path(name)} is not here", file=sys.stderr)
            continue
        for target in options.target or ["host"]:
            try:
                results.append(measure(name, target))
            except ToolError as error:
                sys.exit(f"{name}: {error}")
            print_row(results[-1])
    excesses = [f"{sizes.network}, {sizes.target}: {text}"
                for sizes in results for text in sizes.excesses()]
    print("\n".join(excesses) or "all within their limits")
    return finish(options, [{**asdict(sizes), "excesses": sizes.excesses()}
                            for sizes in results], not excesses)


if __name__ == "__main__":
    sys.exit(main())
