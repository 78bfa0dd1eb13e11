#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where the time of a network goes, by kind of layer, on one thread.

Goal: all that is neither convolution nor fully connected takes at most 6 % of
MobileNet-v2's time. With --check the exit status is 1 if it is missed.
Run it with build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import synthetic
from measurement import finish, make_parser
from qopt_tools import ToolError, compile_model, run_tool

NETWORKS = ("mobilenet_v1", "mobilenet_v2", "resnet50")
KINDS = {"gemm": "pointwise or fully connected", "conv": "convolution",
         "dwconv": "depthwise"}
MOST_OTHER_SHARE = {"mobilenet_v2": 0.06}


def profile(quantized: Path, sample: Path, seconds: float) -> list[dict]:
    """The layers of a level-3 file, in order, with `layer`, `kernel`, `min_ms`."""
    with tempfile.TemporaryDirectory() as folder:
        text = run_tool("qopt-run", quantized, "--input", sample, "--output",
                        Path(folder) / "output.npy", "--engine=jit",
                        f"--bench={seconds}", "--profile", "--json")
    return json.loads(text)["layers"]


def kind_of(layer: dict) -> str:
    """What the layer's kernel does, by the first word of its name."""
    word = (layer["kernel"] or "nothing").split("_")[0]
    return KINDS.get(word, word)


def times_by_kind(layers: list[dict]) -> Counter[str]:
    times = Counter()
    for layer in layers:
        times[kind_of(layer)] += layer["min_ms"]
    return times


def other_share(times: Counter[str]) -> float:
    """Share of the layers without weights."""
    other = sum(time for kind, time in times.items() if kind not in KINDS.values())
    return other / times.total()


def measure(name: str, seconds: float) -> Counter[str]:
    with tempfile.TemporaryDirectory() as folder:
        images = synthetic.images(64)
        sample = Path(folder) / "sample.npy"
        np.save(sample, np.load(images)[:1])
        compiled = compile_model(synthetic.network(name), Path(folder), sample)
        return times_by_kind(profile(Path(f"{compiled}.quantized.mlir"), sample, seconds))


def print_times(name: str, times: Counter[str]) -> None:
    print(f"{name}: {times.total():.3f} ms, without weights {other_share(times):.2%}")
    for kind, time in times.most_common():
        print(f"  {kind:<30}{time * 1e3:>10.1f} us{time / times.total():>9.2%}")


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", default=NETWORKS,
                        help=f"of {', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each network")
    options = parser.parse_args()
    results, missed = {}, []
    for name in options.networks:
        try:
            times = measure(name, options.seconds)
        except ToolError as error:
            sys.exit(f"{name}: {error}")
        print_times(name, times)
        results[name] = {"ms": times, "share_without_weights": other_share(times)}
        if other_share(times) > MOST_OTHER_SHARE.get(name, 1):
            missed.append(f"{name}: layers without weights take more than "
                          f"{MOST_OTHER_SHARE[name]:.0%}")
    if missed:
        print("\n".join(missed))
    return finish(options, results, not missed)


if __name__ == "__main__":
    sys.exit(main())
