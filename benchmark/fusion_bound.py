#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What could be won by running a depthwise layer and its pointwise layer by rows.

Every such pair of MobileNet-v1 and -v2 is timed as a network of its own, on the
whole map and on maps of a few rows, where all that the pair touches stays in the
first-level cache: the time of the whole map less that of its rows is the most
that fusing the two can win, because fused code has to fetch the map too. For
MobileNet-v2 once more with the pointwise layer that expands the channels before.
Printed per pair and as a share of the network's time, on one thread. Run it with
build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import layer_times
import make_networks
from qopt_tools import compile_model

ROWS = (2, 4, 8, 14)


@dataclass(frozen=True)
class Pair:
    """A 3x3 depthwise layer with `stride` on `channels`, then 1x1 to `results`."""
    size: int  # of the map between the two
    channels: int
    stride: int
    results: int
    before: int = 0  # channels from which a 1x1 makes `channels` first; 0: none does


# Pair: how often the network has it.
NETWORKS = {
    "mobilenet_v1": {
        Pair(112, 32, 1, 64): 1, Pair(56, 64, 2, 128): 1, Pair(56, 128, 1, 128): 1,
        Pair(28, 128, 2, 256): 1, Pair(28, 256, 1, 256): 1, Pair(14, 256, 2, 512): 1,
        Pair(14, 512, 1, 512): 5, Pair(7, 512, 2, 1024): 1, Pair(7, 1024, 1, 1024): 1},
    "mobilenet_v2": {
        Pair(112, 32, 1, 16): 1, Pair(56, 96, 2, 24): 1, Pair(56, 144, 1, 24): 1,
        Pair(28, 144, 2, 32): 1, Pair(28, 192, 1, 32): 2, Pair(14, 192, 2, 64): 1,
        Pair(14, 384, 1, 64): 3, Pair(14, 384, 1, 96): 1, Pair(14, 576, 1, 96): 2,
        Pair(7, 576, 2, 160): 1, Pair(7, 960, 1, 160): 2, Pair(7, 960, 1, 320): 1}}
EXPANDED = {pair: replace(pair, before=before) for pair, before in zip(
    NETWORKS["mobilenet_v2"], (32, 16, 24, 24, 32, 32, 64, 64, 96, 96, 160, 160),
    strict=True) if before != pair.channels}


def microseconds(pair: Pair, rows: int, folder: Path, seconds: float) -> float:
    """Of the pair on `rows` rows of its map."""
    net = make_networks.NetworkBuilder("pair", seed=1, batch_norm=False)
    shape = (1, pair.before or pair.channels, rows * pair.stride,
             pair.size * pair.stride)
    x = net.graph.input("x", shape), shape[1]
    if pair.before:
        x = net.conv("expand", x, pair.channels, 1, activation="Relu6")
    x = net.conv("dw", x, pair.channels, 3, pair.stride, groups=pair.channels,
                 activation="Relu6")
    x = net.conv("pw", x, pair.results, 1, activation="Relu6")
    net.graph.output(x[0], [1, pair.results, rows, pair.size])
    net.graph.save(folder / "pair.onnx")
    sample = folder / "sample.npy"
    np.save(sample, np.random.default_rng(1).standard_normal(shape).astype(np.float32))
    compiled = compile_model(folder / "pair.onnx", folder, sample)
    layers = layer_times.profile(Path(f"{compiled}.quantized.mlir"), sample, seconds)
    return sum(layer["min_ms"] for layer in layers
               if layer_times.kind_of(layer) in layer_times.KINDS.values()) * 1e3


def print_pair(pair: Pair, count: int, seconds: float) -> float:
    """One line of the table; returns what all pairs of this shape could save."""
    with tempfile.TemporaryDirectory() as name:
        whole = microseconds(pair, pair.size, Path(name), seconds)
        parts = {rows: microseconds(pair, rows, Path(name), seconds) * pair.size / rows
                 for rows in ROWS if rows < pair.size}
    best = min(parts, key=parts.get)
    saved = max(0.0, whole - parts[best]) * count
    shape = f"{pair.size}x{pair.size}x{pair.channels}" + " +" * bool(pair.before)
    print(f"{shape:<14}{pair.stride:>3}{pair.results:>6}{count:>4}{whole:>10.2f}"
          f"{parts[best]:>10.2f} ({best:>2} rows){saved:>9.2f}", flush=True)
    return saved


def print_pairs(title: str, pairs: dict[Pair, int], total: float,
                seconds: float) -> None:
    """A table; `total` is what the network takes, in microseconds."""
    print(f"{title}: microseconds whole and by rows, and what all of the shape could save")
    saved = sum(print_pair(pair, count, seconds) for pair, count in pairs.items())
    print(f"at most {saved:.1f} of {total:.1f} us: {saved / total:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", default=list(NETWORKS),
                        help=f"of {', '.join(NETWORKS)} (default: both)")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each timing")
    options = parser.parse_args()
    for network in options.networks:
        total = layer_times.measure(network, 2.0).total() * 1e3
        pairs = NETWORKS[network]
        print_pairs(network, pairs, total, options.seconds)
        if network == "mobilenet_v2":
            expanded = {EXPANDED.get(pair, pair): count for pair, count in pairs.items()}
            print_pairs(f"{network}, with the layer before", expanded, total,
                        options.seconds)


if __name__ == "__main__":
    main()
