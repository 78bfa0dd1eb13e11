#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Accuracy of int8 networks by setting and recipe, beside onnxruntime and NNCF.

  imagenet  MobileNet-v1-0.25: the first 64 photographs calibrate, the others
            measure
  kws       keyword spotting, likewise
  plain, depthwise, residual
            Fashion-MNIST: 64 training images calibrate, 2,000 test images
            measure

Every network is quantized with weights per tensor and per channel by every
recipe that this qopt-compile has options for. Against the float network:
agreement of the top class, KL of the softmax (nats), SQNR of the logits (each
sample's mean over the classes removed); top-1 counts the labels. Integer logits
stay in f32, from the last accumulator. NNCF is measured where its packages are
(scripts/recipes.sh installs them), else left out with a word.

    scripts/recipes.sh [NETWORK...] [--recipes=A,B] [--json=FILE] [--check]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import fashion_mnist
import images
import logits
import peer
from measurement import finish, make_parser
from qopt_tools import REPOSITORY, SHARED_DATA, compile_model, infer, run_tool

CALIBRATION_SAMPLES = 64
FASHION_SAMPLES = 2000
GRANULARITIES = ("per-tensor", "per-channel")


@dataclass
class Network:
    """A float network, what calibrates it, and what it is measured on."""
    name: str
    model: Path
    calibration: np.ndarray
    samples: np.ndarray
    labels: np.ndarray


def load_imagenet() -> Network:
    folder = SHARED_DATA / "imagenet"
    return split("imagenet", folder / "mobilenet_v1_0.25_224.onnx",
                 *images.load(folder / "dev"))


def load_kws() -> Network:
    folder = SHARED_DATA / "tiny"
    return split("kws", folder / "kws_dscnn.onnx",
                 np.load(folder / "kws_dev_mfcc.npy"),
                 np.load(folder / "kws_dev_labels.npy"))


def split(name: str, model: Path, samples: np.ndarray,
          labels: np.ndarray) -> Network:
    n = CALIBRATION_SAMPLES
    return Network(name, model, samples[:n], samples[n:], labels[n:])


def load_fashion(name: str) -> Network:
    samples, labels = fashion_mnist.load("t10k")
    return Network(name, REPOSITORY / f"test/data/fashion_mnist/{name}.onnx",
                   fashion_mnist.load("train")[0][:CALIBRATION_SAMPLES],
                   samples[:FASHION_SAMPLES], labels[:FASHION_SAMPLES])


LOADERS: dict[str, Callable[[], Network]] = {
    "imagenet": load_imagenet,
    "kws": load_kws,
    **{name: lambda name=name: load_fashion(name)
       for name in ("plain", "depthwise", "residual")}}

# What to give qopt-compile. Steps are added one by one; where a step has
# alternatives, each has a recipe.
RECIPES: dict[str, list[str]] = {
    "basic": [],
    "ibc-pre": ["--correct-bias=pre"],
    "ibc-post": ["--correct-bias=post"],
    "ibc-both": ["--correct-bias=pre+post"],
    "mse-ranges+ibc-pre": ["--calibrator=mse", "--correct-bias=pre"],
    "mse-weights+ibc-pre": ["--weight-ranges=mse", "--correct-bias=pre"],
    "split+hessian+ibc-both": ["--split-channels", "--round=hessian",
                               "--correct-bias=pre+post"],
    "cle": ["--equalize=cross-layer"],
    "cle+ibc-pre": ["--equalize=cross-layer", "--correct-bias=pre"],
    "nme": ["--equalize=noise-model"],
    "nme+ibc-pre": ["--equalize=noise-model", "--correct-bias=pre"],
    "nme+ibc-both": ["--equalize=noise-model", "--correct-bias=pre+post"],
    "nme+hessian+ibc-both": ["--equalize=noise-model", "--round=hessian",
                             "--correct-bias=pre+post"],
    "nme+split+hessian+ibc-both": [
        "--equalize=noise-model", "--split-channels", "--round=hessian",
        "--correct-bias=pre+post"],
    "nme+outliers-0+hessian+ibc-both": [
        "--equalize=noise-model", "--split-outliers=0", "--round=hessian",
        "--correct-bias=pre+post"],
    "nme+outliers-3+hessian+ibc-both": [
        "--equalize=noise-model", "--split-outliers=3", "--round=hessian",
        "--correct-bias=pre+post"],
    "nme+exact+hessian+ibc-both": [
        "--equalize=noise-model", "--exact-inputs", "--split-channels",
        "--round=hessian", "--correct-bias=pre+post"],
    "fast": ["--preset=fast"],
    "best": ["--preset=best"],
    "best+power-of-two": ["--preset=best", "--numerics=power-of-two"]}

# At least so good, by network, recipe, granularity and measure. KL: at most.
GOALS: dict[tuple[str, str, str], dict[str, float]] = {
    ("imagenet", "best", "per-tensor"): {"kl": 0.016, "sqnr_db": 23},
    ("imagenet", "best", "per-channel"): {"kl": 0.009, "sqnr_db": 25.5},
    ("imagenet", "cle+ibc-pre", "per-tensor"): {"agreement": 81},
    ("imagenet", "ibc-pre", "per-channel"): {"agreement": 90.5},
    ("kws", "best", "per-tensor"): {"agreement": 99.2},
    ("kws", "best", "per-channel"): {"agreement": 99.2}}


@dataclass
class Row:
    """One network quantized in one way. The goals it misses are in words."""
    network: str
    weights: str
    recipe: str
    top1: float
    agreement: float
    kl: float
    sqnr_db: float
    seconds: float  # to quantize, calibration and repairs included
    missed: list[str]


def available(recipe: list[str], help_text: str) -> bool:
    return all(re.search(rf"{option.split('=')[0]}\b", help_text)
               for option in recipe)


def make_row(network: Network, weights: str, recipe: str, exact: np.ndarray,
             measured: np.ndarray, seconds: float) -> Row:
    row = Row(network.name, weights, recipe,
              100 * logits.accuracy(measured, network.labels),
              100 * logits.agreement(exact, measured),
              logits.kl_nats(exact, measured),
              logits.sqnr_db(exact, measured), seconds, [])
    for what, goal in GOALS.get((network.name, recipe, weights), {}).items():
        value = getattr(row, what)
        if not (value <= goal if what == "kl" else value >= goal):
            row.missed.append(f"{what} {value:.4g}, goal {goal:g}")
    return row


class Measurement:
    """Quantizes one network in every way, in a folder of its own."""

    def __init__(self, network: Network, folder: Path,
                 report: Callable[[Row], None]) -> None:
        self.network, self.folder, self.report = network, folder, report
        self.calibration = self._save("calibration", network.calibration)
        self.samples = self._save("samples", network.samples)
        self.exact = peer.infer(network.model, network.samples)

    def _save(self, name: str, array: np.ndarray) -> Path:
        path = self.folder / f"{name}.npy"
        np.save(path, array)
        return path

    def ours(self, recipe: str, weights: str) -> None:
        start = time.perf_counter()
        base = compile_model(
            self.network.model, self.folder / "out", self.calibration,
            [f"--weights={weights}", "--emit=so", *RECIPES[recipe]])
        seconds = time.perf_counter() - start
        measured = infer(Path(f"{base}.so"), self.samples, "native")
        self._report(weights, recipe, measured, seconds)

    def onnxruntime(self, weights: str) -> None:
        path = self.folder / "onnxruntime.onnx"
        start = time.perf_counter()
        peer.quantize(self.network.model, self.network.calibration, path,
                      per_channel=weights == "per-channel")
        seconds = time.perf_counter() - start
        self._report(weights, "onnxruntime",
                     peer.infer(path, self.network.samples), seconds)

    def nncf(self) -> None:
        """Its default: weights per channel, its own bias correction."""
        import peer_nncf

        start = time.perf_counter()
        model = peer_nncf.quantize(self.network.model, self.network.calibration)
        seconds = time.perf_counter() - start
        self._report("per-channel", "nncf",
                     peer_nncf.infer(model, self.network.samples), seconds)

    def _report(self, weights: str, recipe: str, measured: np.ndarray,
                seconds: float) -> None:
        self.report(make_row(self.network, weights, recipe, self.exact,
                             measured, seconds))


def print_heading(network: Network, exact: np.ndarray) -> None:
    print(f"\n{network.name}: {len(network.calibration)} samples calibrate, "
          f"{len(network.samples)} measure; top-1 of float "
          f"{100 * logits.accuracy(exact, network.labels):.1f} %")
    print(f"{'weights':12} {'recipe':31} {'top-1':>6} {'agree':>6} {'KL':>8} "
          f"{'SQNR dB':>8} {'s':>6}")


def print_row(row: Row) -> None:
    missed = f"  MISSED: {'; '.join(row.missed)}" if row.missed else ""
    print(f"{row.weights:12} {row.recipe:31} {row.top1:6.1f} "
          f"{row.agreement:6.1f} {row.kl:8.4f} {row.sqnr_db:8.2f} "
          f"{row.seconds:6.1f}{missed}", flush=True)


def measure(name: str, recipes: list[str], with_peers: bool,
            report: Callable[[Row], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Measurement(LOADERS[name](), Path(folder), report)
        print_heading(work.network, work.exact)
        for weights in GRANULARITIES:
            if with_peers:
                work.onnxruntime(weights)
            for recipe in recipes:
                work.ours(recipe, weights)
        if with_peers:
            try:
                work.nncf()
            except ImportError:
                print("nncf: left out, it is not installed here")


def choose_recipes(names: str | None, parser: argparse.ArgumentParser) -> list[str]:
    """The recipes asked for, or all that qopt-compile has the options for."""
    if names:
        for name in names.split(","):
            if name not in RECIPES:
                parser.error(f"there is no recipe {name}; there are "
                             f"{', '.join(RECIPES)}")
        return names.split(",")
    help_text = run_tool("qopt-compile", "--help")
    return [name for name, options in RECIPES.items()
            if available(options, help_text)]


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK",
                        help=f"which of {', '.join(LOADERS)} (default: all)")
    parser.add_argument("--recipes", help="comma-separated (default: all)")
    parser.add_argument("--no-peers", action="store_true",
                        help="leave out onnxruntime and NNCF")
    options = parser.parse_args()
    for name in options.networks:
        if name not in LOADERS:
            parser.error(f"there is no network {name}")
    recipes = choose_recipes(options.recipes, parser)

    rows: list[Row] = []

    def report(row: Row) -> None:
        print_row(row)
        rows.append(row)

    for name in options.networks or LOADERS:
        try:
            measure(name, recipes, not options.no_peers, report)
        except FileNotFoundError as error:
            print(f"{name}: skipped, there is no {error.filename}")
    return finish(options, [asdict(row) for row in rows],
                  not any(row.missed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
