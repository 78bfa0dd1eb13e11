#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Latency of int8 networks, ours beside onnxruntime, OpenVINO, LiteRT and IREE.

All contenders take turns, round by round, and the least time of each counts:
a machine that slows down slows all of them. Before anything is timed, our
library's outputs are compared with the reference interpreter's, byte for byte, and
each peer's (whose grids are its own) must be within 10 dB of them. Peers that are
not installed, or do not take a network, are left out with a word.
Peers are called through Python; the time that such a call takes on a network
that does nothing is measured too and printed (`call`), because it matters for
networks of a few microseconds. Ratios are given with it subtracted.

    scripts/compare.sh [--threads=1,2] [--networks=A,B] [--peers=A,B] [--json=FILE]
                       [--picture=FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

import contenders
import synthetic
from contenders import CONTENDERS, LeftOut, Workload
from qopt_tools import REPOSITORY, SHARED_DATA, compile_model, infer

FOLDER = REPOSITORY / "build/compare"
LARGE = ("mobilenet_v1", "mobilenet_v2", "resnet50")
TINY = ("resnet8", "vww_mobilenet", "kws_dscnn", "autoencoder")
FASHION = ("plain", "depthwise", "residual")
CALIBRATION = 64
LEAST_SQNR_DB = 10.0  # of a peer's output, against the reference's
WIDEST_BAR = 8.0


def model_path(name: str) -> Path | None:
    """The float ONNX of `name`, or None where its data is not on this machine."""
    if name in LARGE:
        return synthetic.network(name)
    if name in FASHION:
        return REPOSITORY / f"test/data/fashion_mnist/{name}.onnx"
    path = SHARED_DATA / f"tiny/{name}.onnx"
    return path if path.exists() else None


def random_samples(model: Path, count: int) -> np.ndarray:
    """Standard normal samples in the shape of the model's input."""
    dims = onnx.load(model).graph.input[0].type.tensor_type.shape.dim
    shape = [count] + [dim.dim_value for dim in dims][1:]
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def prepare(name: str, model: Path) -> Workload:
    """Writes the data, compiles our library and checks it."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    samples = (np.load(synthetic.images(CALIBRATION)) if name in LARGE
               else random_samples(model, CALIBRATION))
    calibration, sample = folder / "calibration.npy", folder / "sample.npy"
    np.save(calibration, samples)
    np.save(sample, samples[:1])
    output = compile_model(model, folder, calibration)
    library, quantized = Path(f"{output}.so"), Path(f"{output}.quantized.mlir")
    reference = infer(quantized, sample, "reference")
    if not np.array_equal(infer(library, sample, "native"), reference):
        sys.exit(f"{name}: native and reference differ; nothing was timed")
    np.save(folder / "reference.npy", reference)
    return Workload(name, model, calibration, sample, library, folder)


def call_overheads_ms() -> dict[str, float]:
    """A call from Python on a network that does nothing, by peer.

    LiteRT's and onnxruntime's own; the others are given onnxruntime's.
    """
    shape = [1, 4]
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])], "nothing",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)])
    path = FOLDER / "nothing.onnx"
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    _, call = contenders.bound_session(path, np.zeros(shape, np.float32), 1)
    overhead = contenders.least_ms(call, 0.5)
    overheads = {contender.name: overhead for contender in CONTENDERS[1:]}
    try:
        overheads["LiteRT"] = contenders.litert_overhead_ms(FOLDER)
    except ImportError:
        del overheads["LiteRT"]
    return overheads


def sqnr_db(reference: np.ndarray, output: np.ndarray) -> float:
    """Energy of `reference` over that of what `output` has beside it."""
    error = np.sum((reference.ravel() - output.ravel()) ** 2, dtype=np.float64)
    return 10 * np.log10(np.sum(reference ** 2, dtype=np.float64) / max(error, 1e-30))


def enter(contender: type, workload: Workload, threads: int) -> object:
    """The contender, with its output checked; raises LeftOut."""
    entered = contender(workload, threads)
    if contender is contenders.Ours:  # compared byte for byte before
        return entered
    reference, output = np.load(workload.folder / "reference.npy"), entered.output()
    if output.size != reference.size:
        raise LeftOut(f"gives {output.size} values instead of {reference.size}")
    if sqnr_db(reference, output) < LEAST_SQNR_DB:
        raise LeftOut("gives other values: "
                      f"{sqnr_db(reference, output):.1f} dB from the reference's")
    return entered


def race(workload: Workload, threads: int, rounds: int, seconds: float,
         chosen: list[type]) -> dict[str, float]:
    """Least milliseconds of each contender that takes part."""
    field = []
    for contender in chosen:
        try:
            field.append(enter(contender, workload, threads))
        except LeftOut as reason:
            print(f"{workload.name}: {contender.name} is left out: {reason}",
                  file=sys.stderr)
    best = {contender.name: float("inf") for contender in field}
    for _ in range(rounds):
        for contender in field:
            best[contender.name] = min(best[contender.name],
                                       contender.measure(seconds))
    return best


def ratio(times: dict[str, float], overheads: dict[str, float]) -> float:
    """The fastest peer's time without its call, over ours."""
    peers = [max(time - overheads[name], 0) for name, time in times.items()
             if name != "qopt"]
    return min(peers, default=float("nan")) / times["qopt"]


def print_table(results: list[dict], overheads: dict[str, float]) -> None:
    names = [contender.name for contender in CONTENDERS
             if any(contender.name in result["ms"] for result in results)]
    calls = ", ".join(f"{name} {overheads[name] * 1e3:.1f}" for name in names
                      if name in overheads)
    print(f"milliseconds, least of all rounds; calls from Python, in us: {calls}")
    print(f"{'network':<16}{'threads':>8}" + "".join(f"{name:>14}" for name in names)
          + f"{'ratio':>8}")
    for result in results:
        times = "".join(f"{result['ms'][name]:>14.4f}" if name in result["ms"]
                        else f"{'-':>14}" for name in names)
        print(f"{result['network']:<16}{result['threads']:>8}{times}"
              f"{result['ratio']:>8.2f}")


def draw(results: list[dict], path: Path) -> None:
    """Bars of the peers' times over ours."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    single = [result for result in results if result["threads"] == 1]
    peers = [contender.name for contender in CONTENDERS if contender.name != "qopt"
             and any(contender.name in result["ms"] for result in single)]
    figure, axes = pyplot.subplots(figsize=(9, 0.6 + 0.6 * len(single)))
    height = 0.8 / len(peers)
    for index, name in enumerate(peers):
        values = [result["ms"].get(name, 0) / result["ms"]["qopt"] for result in single]
        places = [row + index * height for row in range(len(single))]
        axes.barh(places, np.minimum(values, WIDEST_BAR), height, label=name)
        for place, value in zip(places, values, strict=True):
            if value > WIDEST_BAR:
                axes.text(WIDEST_BAR, place, f" {value:.0f}", va="center", fontsize=7)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks([row + height / 2 for row in range(len(single))],
                    [result["network"] for result in single])
    axes.invert_yaxis()
    axes.set_xlabel("time / qopt's time, int8, one thread, one run")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--networks", default=",".join(LARGE + TINY + FASHION))
    parser.add_argument("--peers", default=",".join(
        contender.name for contender in CONTENDERS[1:]))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.25,
                        help="of each contender in each round")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    overheads = call_overheads_ms()
    chosen = [contender for contender in CONTENDERS
              if contender.name in ("qopt", *arguments.peers.split(","))]
    results = []
    for name in arguments.networks.split(","):
        model = model_path(name)
        if model is None:
            print(f"{name}: left out, ../shared/data is not here", file=sys.stderr)
            continue
        workload = prepare(name, model)
        for threads in map(int, arguments.threads.split(",")):
            times = race(workload, threads, arguments.rounds, arguments.seconds,
                         chosen)
            results.append({"network": name, "threads": threads, "ms": times,
                            "ratio": ratio(times, overheads)})
    print_table(results, overheads)
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"call_ms": overheads, "results": results}, indent=1) + "\n")
    if arguments.picture:
        draw(results, arguments.picture)


if __name__ == "__main__":
    main()
