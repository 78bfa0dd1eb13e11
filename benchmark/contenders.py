# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs that compare.py times: ours and its peers.

Each is one int8 network prepared once, whose `measure` times single samples,
f32 in and f32 out, and returns the least time of a call in milliseconds, and
whose `output` is what it makes of the sample. A constructor raises LeftOut where
the program is not installed or does not take the network.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

import peer
from qopt_tools import infer, latency_ms


class LeftOut(Exception):
    """A contender that cannot take part, and why."""


@dataclass
class Workload:
    """A float network and what it is calibrated and timed on."""
    name: str
    model: Path
    calibration: Path
    sample: Path  # one input
    library: Path  # our compiled .so
    folder: Path  # for the peers' files

    @property
    def quantized(self) -> Path:
        """onnxruntime's quantized file, which other peers read too."""
        return self.folder / "onnxruntime.onnx"

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

    def output(self) -> np.ndarray:
        return infer(self.workload.library, self.workload.sample, "native",
                     [f"--threads={self.threads}"])


class OnnxRuntime:
    """QDQ model of onnxruntime's own quantizer; inputs and outputs are bound
    once, so that a call copies nothing."""
    name = "onnxruntime"

    def __init__(self, workload: Workload, threads: int) -> None:
        self.binding, self.call = bound_session(
            quantized_by_onnxruntime(workload), np.load(workload.sample), threads)

    def measure(self, seconds: float) -> float:
        return least_ms(self.call, seconds)

    def output(self) -> np.ndarray:
        self.call()
        return self.binding.copy_outputs_to_cpu()[0]


def quantized_by_onnxruntime(workload: Workload) -> Path:
    """Its file, written on first use."""
    if not workload.quantized.exists():
        peer.quantize(workload.model, workload.samples(), workload.quantized)
    return workload.quantized


def bound_session(path: Path, sample: np.ndarray, threads: int
                  ) -> tuple[onnxruntime.IOBinding, Callable[[], object]]:
    """The bound buffers and a call of an onnxruntime session on `sample`."""
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
    return binding, lambda: session.run_with_iobinding(binding)


class OpenVino:
    """The model that NNCF's default post-training quantization makes."""
    name = "OpenVINO"

    def __init__(self, workload: Workload, threads: int) -> None:
        try:
            import openvino
        except ImportError as error:
            raise LeftOut(error) from None
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

    def output(self) -> np.ndarray:
        self.request.infer()
        return self.request.get_output_tensor().data.copy()


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


class LiteRt:
    """onnxruntime's quantized file rewritten as .tflite: same weights and grids;
    maps are NHWC from the beginning. The delegate of its default is XNNPACK."""
    name = "LiteRT"

    def __init__(self, workload: Workload, threads: int) -> None:
        try:
            import qdq_to_tflite
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise LeftOut(error) from None
        path = workload.folder / "litert.tflite"
        if not path.exists():
            try:
                qdq_to_tflite.rewrite(quantized_by_onnxruntime(workload), path)
            except qdq_to_tflite.Unsupported as error:
                raise LeftOut(f"cannot be written as .tflite: {error}") from None
        self.interpreter = Interpreter(str(path), num_threads=threads)
        self.interpreter.allocate_tensors()
        sample = np.load(workload.sample)
        if sample.ndim == 4:
            sample = np.ascontiguousarray(sample.transpose(0, 2, 3, 1))
        index = self.interpreter.get_input_details()[0]["index"]
        self.interpreter.set_tensor(index, sample)

    def measure(self, seconds: float) -> float:
        return least_ms(self.interpreter.invoke, seconds)

    def output(self) -> np.ndarray:
        self.interpreter.invoke()
        index = self.interpreter.get_output_details()[0]["index"]
        return self.interpreter.get_tensor(index)


class Iree:
    """onnxruntime's quantized file through IREE's importer, for this CPU."""
    name = "IREE"

    def __init__(self, workload: Workload, threads: int) -> None:
        try:
            from iree import runtime
        except ImportError as error:
            raise LeftOut(error) from None
        path = workload.folder / "iree.vmfb"
        if not path.exists():
            compile_iree(quantized_by_onnxruntime(workload), path)
        if threads > 1:
            runtime.flags.parse_flags(f"--task_topology_group_count={threads}")
        config = runtime.Config("local-task" if threads > 1 else "local-sync")
        context = runtime.SystemContext(config=config)
        module = runtime.VmModule.copy_buffer(context.instance, path.read_bytes())
        context.add_vm_module(module)
        name = next(name for name in module.function_names
                    if not name.startswith("__") and not name.endswith("$async"))
        function = context.modules[module.name][name]
        sample = runtime.asdevicearray(config.device, np.load(workload.sample))
        self.call = lambda: function(sample)

    def measure(self, seconds: float) -> float:
        return least_ms(self.call, seconds)

    def output(self) -> np.ndarray:
        return self.call().to_host()


def litert_overhead_ms(folder: Path) -> float:
    """A call of LiteRT's on a network that quantizes four floats and back."""
    import qdq_to_tflite
    from ai_edge_litert.interpreter import Interpreter

    path = folder / "nothing.tflite"
    qdq_to_tflite.write_nothing(path)
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    return least_ms(interpreter.invoke, 0.5)


def compile_iree(model: Path, path: Path) -> None:
    """Imports and compiles the ONNX file `model` to `path`."""
    folder = Path(sys.executable).parent
    imported = path.with_suffix(".mlir")
    commands = [
        [folder / "iree-import-onnx", model, "--opset-version=17", "-o", imported],
        [folder / "iree-compile", imported, "--iree-hal-target-device=local",
         "--iree-hal-local-target-device-backends=llvm-cpu",
         "--iree-llvmcpu-target-cpu=host", "-o", path]]
    for command in commands:
        try:
            subprocess.run(list(map(str, command)), check=True, capture_output=True,
                           text=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            raise LeftOut(f"{command[0].name} failed: {error}") from None


CONTENDERS = (Ours, OnnxRuntime, OpenVino, LiteRt, Iree)
