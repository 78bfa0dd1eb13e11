#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Speed of int8 against our own float engine, one thread, in one run.

Both are timed by `qopt-run --bench`, in turns, because the machine's clock may
change while this runs; the best of each counts. The goal is that MobileNet-v1
1.0 is 2.2 times as fast. With --check the exit status is 1 if it is not.
Run it with build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import synthetic
from measurement import finish, make_parser
from qopt_tools import compile_model, latency_ms

GOAL_RATIO = {"mobilenet_v1": 2.2}


def measure(name: str, rounds: int, seconds: float,
            options: list[str]) -> dict[str, float]:
    """Returns the best latency of each engine in ms, and their ratio."""
    model = synthetic.network(name)
    image = synthetic.images(1)
    best = {"float_ms": float("inf"), "int8_ms": float("inf")}
    with tempfile.TemporaryDirectory() as folder:
        compiled = compile_model(model, Path(folder), synthetic.images(64),
                                 options)
        engines = {"float_ms": (model, "float"),
                   "int8_ms": (Path(f"{compiled}.so"), "native")}
        for _ in range(rounds):
            for key, (file, engine) in engines.items():
                time = latency_ms(file, image, engine, seconds=seconds)
                best[key] = min(best[key], time["min"])
    return {**best, "ratio": best["float_ms"] / best["int8_ms"]}


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK",
                        default=list(GOAL_RATIO),
                        help="mobilenet_v1, mobilenet_v2, resnet50 "
                        "(default: mobilenet_v1)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0,
                        help="for each engine in each round (default: 2)")
    parser.add_argument("--compile-option", action="append", default=[],
                        metavar="OPTION", help="passed on to qopt-compile")
    options = parser.parse_args()

    results, met = {}, True
    for name in options.networks:
        result = measure(name, options.rounds, options.seconds,
                         options.compile_option)
        results[name] = result
        goal = GOAL_RATIO.get(name)
        met = met and (goal is None or result["ratio"] >= goal)
        print(f"{name:13} float {result['float_ms']:.3f} ms, "
              f"int8 {result['int8_ms']:.3f} ms, ratio {result['ratio']:.2f}"
              f"{'' if goal is None else f' (goal {goal})'}", flush=True)
    return finish(options, results, met)


if __name__ == "__main__":
    sys.exit(main())
