# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs that compare.py times: ours, onnxruntime, OpenVINO.

Each is one int8 network prepared once, whose `measure` times single samples,
f32 in and f32 out, and returns the least time of a call in milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

import peer
from qopt_tools import latency_ms


@dataclass
class Workload:
    """A float network and what it is calibrated and timed on."""
    name: str
    model: Path
    calibration: Path
    sample: Path  # one input
    library: Path  # our compiled .so
    folder: Path  # for the peers' files

    def samples(self) -> np.ndarray:
        return np.load(self.calibration)


def least_ms(call: Callable[[], object], seconds: float) -> float:
    """Least wall time of `call` in `seconds` of repeated calls, after a warm-up."""
    end = time.perf_counter() + seconds / 5
    while time.perf_counter() < end:
        call()
    best = float("inf")
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        call()
        best = min(best, time.perf_counter() - start)
    return best * 1e3


class Ours:
    """NAME.so through qopt-run, which adds nothing to the call it times."""
    name = "qopt"

    def __init__(self, workload: Workload, threads: int) -> None:
        self.workload, self.threads = workload, threads

    def measure(self, seconds: float) -> float:
        return latency_ms(self.workload.library, self.workload.sample, "native",
                          self.threads, seconds)["min"]


class OnnxRuntime:
    """QDQ model of onnxruntime's own quantizer; inputs and outputs are bound
    once, so that a call copies nothing."""
    name = "onnxruntime"

    def __init__(self, workload: Workload, threads: int) -> None:
        path = workload.folder / "onnxruntime.onnx"
        if not path.exists():
            peer.quantize(workload.model, workload.samples(), path)
        self.call = bound_session(path, np.load(workload.sample), threads)

    def measure(self, seconds: float) -> float:
        return least_ms(self.call, seconds)


def bound_session(path: Path, sample: np.ndarray, threads: int) -> Callable[[], object]:
    """A call of an onnxruntime session on `sample`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options,
                                           providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    value = onnxruntime.OrtValue.ortvalue_from_numpy(sample)
    binding.bind_ortvalue_input(session.get_inputs()[0].name, value)
    binding.bind_output(session.get_outputs()[0].name)
    return lambda: session.run_with_iobinding(binding)


class OpenVino:
    """The model that NNCF's default post-training quantization makes."""
    name = "OpenVINO"

    def __init__(self, workload: Workload, threads: int) -> None:
        import openvino

        path = workload.folder / "openvino.xml"
        if not path.exists():
            quantize_openvino(workload, path)
        core = openvino.Core()
        compiled = core.compile_model(
            core.read_model(path), "CPU",
            {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
             "NUM_STREAMS": 1})
        self.request = compiled.create_infer_request()
        self.request.set_input_tensor(openvino.Tensor(np.load(workload.sample)))

    def measure(self, seconds: float) -> float:
        return least_ms(self.request.infer, seconds)


def quantize_openvino(workload: Workload, path: Path) -> None:
    """Writes the quantized model as `path` (.xml and .bin)."""
    import logging

    import nncf
    import openvino

    logging.getLogger("nncf").setLevel(logging.ERROR)
    model = openvino.Core().read_model(workload.model)
    samples = workload.samples()
    dataset = nncf.Dataset([sample[None] for sample in samples])
    quantized = nncf.quantize(model, dataset, subset_size=len(samples))
    openvino.save_model(quantized, path, compress_to_fp16=False)


CONTENDERS = (Ours, OnnxRuntime, OpenVino)
