#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How near our code comes to what this machine's dot instruction can do.

Every rate is divided by the rate of that instruction measured in the same run;
products with padding are not counted. Prints

* the share of all convolutions of ResNet-50 and of the pointwise layers of
  MobileNet-v1, kernels alone (qopt-kernel-bench) and within the network
  (qopt-run --profile),
* requantized results per cycle of depthwise 3x3 kernels,
* the share of MobileNet-v2's time that goes into layers without weights,
* with --layers, what every kind of layer falls short of, as Markdown.

With --check the exit status is 1 if a goal is missed. Run it with
build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import synthetic
from layer_times import other_share, times_by_kind
from measurement import finish, make_parser
from qopt_tools import ToolError, compile_model, run_tool

KERNEL_SETS = ("resnet50_convolutions", "mobilenetv1_pointwise",
               "mobilenetv1_depthwise_s1", "mobilenetv1_depthwise_s2")
NETWORKS = ("resnet50", "mobilenet_v1", "mobilenet_v2")


def is_convolution(layer: dict) -> bool:
    return layer["layer"].endswith(".conv")


def is_pointwise(layer: dict) -> bool:
    return layer["layer"].endswith(".conv") and layer["kernel"].startswith("gemm")


def measure_kernels() -> dict[str, dict]:
    """Counters of the first row set that has them, by the name of the set."""
    text = run_tool("qopt-kernel-bench", "--benchmark_format=json",
                    f"--benchmark_filter=/({'|'.join(KERNEL_SETS)})/")
    counters = {}
    for run in json.loads(text)["benchmarks"]:
        counters.setdefault(run["name"].split("/")[1], run)
    return counters


def measure_network(name: str, seconds: float) -> dict:
    """What qopt-run --profile --json says of the network."""
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.npy"
        np.save(sample, np.load(synthetic.images(64))[:1])
        compiled = compile_model(synthetic.network(name), Path(folder), sample)
        return json.loads(run_tool(
            "qopt-run", f"{compiled}.quantized.mlir", "--input", sample, "--output",
            Path(folder) / "output.npy", "--engine=jit", f"--bench={seconds}",
            "--profile", "--json"))


def share_of_peak(profile: dict, chosen: Callable[[dict], bool]) -> float:
    layers = [layer for layer in profile["layers"] if chosen(layer)]
    products = sum(layer["macs"] for layer in layers)
    milliseconds = sum(layer["min_ms"] for layer in layers)
    return products / milliseconds * 1e-6 / profile["machine"]["peak_gmac_per_s"]


def collect(kernels: dict[str, dict], profiles: dict[str, dict]) -> list[dict]:
    """Rows of the table; a goal is the least, or with a minus sign the most."""
    def row(what: str, unit: str, goal: float, **values: float) -> dict:
        return {"what": what, "unit": unit, "goal": goal, **values}
    return [
        row("ResNet-50, convolutions", "%", 87,
            kernels=kernels["resnet50_convolutions"]["share_%"],
            network=100 * share_of_peak(profiles["resnet50"], is_convolution)),
        row("MobileNet-v1, pointwise", "%", 84,
            kernels=kernels["mobilenetv1_pointwise"]["share_%"],
            network=100 * share_of_peak(profiles["mobilenet_v1"], is_pointwise)),
        row("depthwise 3x3", "results/cycle", 3,
            kernels=kernels["mobilenetv1_depthwise_s1"]["results/cycle"]),
        row("depthwise 3x3, stride 2", "results/cycle", 1.5,
            kernels=kernels["mobilenetv1_depthwise_s2"]["results/cycle"]),
        row("MobileNet-v2, layers without weights", "% of the time", -6,
            network=100 * other_share(times_by_kind(profiles["mobilenet_v2"]["layers"]))),
    ]


def is_missed(row: dict) -> bool:
    """Within the network where that was measured: it is what a user gets."""
    value = row.get("network", row.get("kernels"))
    return value < row["goal"] if row["goal"] > 0 else value > -row["goal"]


def print_table(rows: list[dict]) -> None:
    print(f"{'':<38}{'kernels alone':>14}{'in the network':>16}{'goal':>8}")
    for row in rows:
        values = "".join(f"{row[key]:>{width}.1f}" if key in row else " " * width
                         for key, width in (("kernels", 14), ("network", 16)))
        sign = "<=" if row["goal"] < 0 else ">="
        print(f"{row['what']:<38}{values}{sign:>5} {abs(row['goal']):g} {row['unit']}")


def print_layers(name: str, profile: dict) -> None:
    """One line for all layers of one kernel, those that lose most time first."""
    peak = profile["machine"]["peak_gmac_per_s"]
    kinds: dict[str, list[dict]] = {}
    for layer in profile["layers"]:
        if layer["macs"]:
            kinds.setdefault(layer["kernel"], []).append(layer)
    def lost(layers: list[dict]) -> float:
        return sum(layer["min_ms"] - layer["macs"] / peak * 1e-6 for layer in layers)
    print(f"\n{name}\n\n| kernel | first of its layers | layers | us each | share | us lost |"
          "\n|---|---|---|---|---|---|")
    for kernel, layers in sorted(kinds.items(), key=lambda kind: -lost(kind[1])):
        time = sum(layer["min_ms"] for layer in layers)
        share = sum(layer["macs"] for layer in layers) / time * 1e-6 / peak
        symbol = re.sub("_[0-9a-f]{8}$", "", kernel)
        print(f"| `{symbol}` | {layers[0]['layer']} | {len(layers)} "
              f"| {time / len(layers) * 1e3:.1f} | {share:.0%} | {lost(layers) * 1e3:.0f} |")


def parse_arguments() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each network")
    parser.add_argument("--layers", action="store_true",
                        help="also print what each kind of layer loses")
    return parser.parse_args()


def main() -> int:
    options = parse_arguments()
    try:
        kernels = measure_kernels()
        profiles = {name: measure_network(name, options.seconds) for name in NETWORKS}
    except ToolError as error:
        sys.exit(str(error))
    rows = collect(kernels, profiles)
    print_table(rows)
    for name in NETWORKS[:2] if options.layers else ():
        print_layers(name, profiles[name])
    return finish(options, rows, not any(map(is_missed, rows)))


if __name__ == "__main__":
    sys.exit(main())
