#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Accuracy of the float engine and of int8, beside onnxruntime.

  float     MobileNet-v1-0.25: the float engine against onnxruntime
  imagenet  the same network in int8, calibrated on 64 photographs, measured on
            the others, against onnxruntime's float and its own quantizer
  kws       keyword spotting in int8, calibrated on 64, measured on the others
  fashion   three Fashion-MNIST networks in int8 on 10,000 test images

All weights are per channel, all ranges plain min/max. Cases whose data is not
there are skipped. With --check the exit status is 1 if a number misses its goal.
Run it with build/venv-bench/bin/python (scripts/test.sh makes it).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

import fashion_mnist
import images
import logits
import peer
from measurement import finish, make_parser
from qopt_tools import REPOSITORY, SHARED_DATA, compile_model, infer

CALIBRATION_SAMPLES = 64
IMAGENET = SHARED_DATA / "imagenet"
MOBILENET = IMAGENET / "mobilenet_v1_0.25_224.onnx"
TINY = SHARED_DATA / "tiny"
FASHION = REPOSITORY / "test/data/fashion_mnist"


@dataclass
class Row:
    """One measured number; `goal` is what it has to reach, if anything."""
    case: str
    what: str
    value: float
    unit: str
    goal: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool:
        if self.goal is None:
            return True
        return (self.value <= self.goal if self.at_most
                else self.value >= self.goal)


class Workspace:
    """A folder for arrays and compiled networks, and the engine to measure."""

    def __init__(self, folder: Path, engine: str,
                 compile_options: list[str]) -> None:
        self.folder = folder
        self.engine = engine
        self._compile_options = compile_options

    def save(self, name: str, array: np.ndarray) -> Path:
        path = self.folder / f"{name}.npy"
        np.save(path, array)
        return path

    def int8(self, model: Path, calibration: np.ndarray,
             samples: np.ndarray) -> np.ndarray:
        """Compiles `model` and runs `samples` through the result."""
        compiled = compile_model(model, self.folder / "compiled",
                                 self.save("calibration", calibration),
                                 self._compile_options)
        suffix = ".so" if self.engine == "native" else ".quantized.mlir"
        return infer(Path(f"{compiled}{suffix}"),
                     self.save("samples", samples), self.engine)


def measure_float(work: Workspace) -> list[Row]:
    photographs, labels = images.load(IMAGENET / "dev")
    theirs = peer.infer(MOBILENET, photographs)
    ours = infer(MOBILENET, work.save("samples", photographs), "float")
    difference = float(np.abs(ours - theirs).max())
    return [
        Row("float", "top-1, qopt", 100 * logits.accuracy(ours, labels), "%"),
        Row("float", "same top-1 as onnxruntime",
            100 * logits.agreement(ours, theirs), "%", goal=100),
        Row("float", "largest difference of a logit", difference, "",
            goal=1e-3, at_most=True)]


def measure_imagenet(work: Workspace) -> list[Row]:
    photographs, labels = images.load(IMAGENET / "dev")
    calibration = photographs[:CALIBRATION_SAMPLES]
    samples = photographs[CALIBRATION_SAMPLES:]
    labels = labels[CALIBRATION_SAMPLES:]
    exact = peer.infer(MOBILENET, samples)
    theirs = peer.quantized_infer(MOBILENET, calibration, samples)
    ours = work.int8(MOBILENET, calibration, samples)
    their_agreement = 100 * logits.agreement(exact, theirs)
    return [
        Row("imagenet", "top-1, float", 100 * logits.accuracy(exact, labels), "%"),
        Row("imagenet", "top-1, qopt int8", 100 * logits.accuracy(ours, labels), "%"),
        Row("imagenet", "agreement with float, onnxruntime int8",
            their_agreement, "%"),
        Row("imagenet", "agreement with float, qopt int8",
            100 * logits.agreement(exact, ours), "%",
            goal=their_agreement - 2),
        Row("imagenet", "SQNR of the logits, onnxruntime int8",
            logits.sqnr_db(exact, theirs), "dB"),
        Row("imagenet", "SQNR of the logits, qopt int8",
            logits.sqnr_db(exact, ours), "dB", goal=13)]


def measure_kws(work: Workspace) -> list[Row]:
    model = TINY / "kws_dscnn.onnx"
    data = np.load(TINY / "kws_dev_mfcc.npy")
    labels = np.load(TINY / "kws_dev_labels.npy")[CALIBRATION_SAMPLES:]
    calibration = data[:CALIBRATION_SAMPLES]
    samples = data[CALIBRATION_SAMPLES:]
    exact = peer.infer(model, samples)
    theirs = peer.quantized_infer(model, calibration, samples)
    ours = work.int8(model, calibration, samples)
    return [
        Row("kws", "top-1, float", 100 * logits.accuracy(exact, labels), "%"),
        Row("kws", "top-1, qopt int8", 100 * logits.accuracy(ours, labels), "%"),
        Row("kws", "agreement with float, onnxruntime int8",
            100 * logits.agreement(exact, theirs), "%"),
        Row("kws", "agreement with float, qopt int8",
            100 * logits.agreement(exact, ours), "%", goal=98)]


def measure_fashion(work: Workspace) -> list[Row]:
    calibration = fashion_mnist.load("train")[0][:256]
    samples, labels = fashion_mnist.load("t10k")
    rows = []
    for name in ("plain", "depthwise", "residual"):
        model = FASHION / f"{name}.onnx"
        exact = 100 * logits.accuracy(peer.infer(model, samples), labels)
        ours = work.int8(model, calibration, samples)
        rows += [Row("fashion", f"{name}: top-1, float", exact, "%", goal=91),
                 Row("fashion", f"{name}: top-1, qopt int8",
                     100 * logits.accuracy(ours, labels), "%",
                     goal=exact - 0.3)]
    return rows


@dataclass
class Case:
    measure: Callable[[Workspace], list[Row]]
    data: Path


CASES = {
    "float": Case(measure_float, MOBILENET),
    "imagenet": Case(measure_imagenet, MOBILENET),
    "kws": Case(measure_kws, TINY / "kws_dscnn.onnx"),
    "fashion": Case(measure_fashion, fashion_mnist.DATA_DIR)}


def print_table(rows: list[Row]) -> None:
    width = max((len(row.what) for row in rows), default=0)
    for row in rows:
        digits = 6 if row.unit == "" else 2
        goal = ""
        if row.goal is not None:
            relation = "<=" if row.at_most else ">="
            goal = (f"  goal {relation} {row.goal:.{digits}f}: "
                    f"{'met' if row.met else 'MISSED'}")
        print(f"{row.case:9} {row.what:{width}} {row.value:10.{digits}f} "
              f"{row.unit:2}{goal}")


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help=f"which of {', '.join(CASES)} (default: all)")
    parser.add_argument("--engine", default="native",
                        choices=["simulated", "reference", "jit", "native"],
                        help="what runs the int8 networks (default: native)")
    parser.add_argument("--compile-option", action="append", default=[],
                        metavar="OPTION", help="passed on to qopt-compile, "
                        "for instance --compile-option=--numerics=fixed")
    options = parser.parse_args()
    for name in options.cases:
        if name not in CASES:
            parser.error(f"there is no case {name}")

    rows: list[Row] = []
    for name in options.cases or CASES:
        case = CASES[name]
        if not case.data.exists():
            print(f"{name}: skipped, there is no {case.data}")
            continue
        with tempfile.TemporaryDirectory() as folder:
            work = Workspace(Path(folder), options.engine,
                             options.compile_option)
            rows += case.measure(work)
    print_table(rows)
    return finish(options, [{**asdict(row), "met": row.met} for row in rows],
                  all(row.met for row in rows))


if __name__ == "__main__":
    sys.exit(main())
