# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""onnxruntime, the peer: its float results and its own quantizer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod,
                                      QuantFormat, QuantType, quantize_static)
from onnxruntime.quantization.shape_inference import quant_pre_process


def infer(model: Path, samples: np.ndarray) -> np.ndarray:
    """Runs samples [N, ...] one by one; returns the stacked first outputs."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(model), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: sample[None]})[0]
                           for sample in samples])


class _Samples(CalibrationDataReader):
    """Hands samples to the quantizer one at a time."""

    def __init__(self, name: str, samples: np.ndarray) -> None:
        self._feeds = ({name: sample[None]} for sample in samples)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)


def quantize(model: Path, calibration: np.ndarray, output: Path,
             per_channel: bool = True) -> None:
    """Writes the QDQ model: u8 activations, s8 weights, ranges min/max."""
    session = onnxruntime.InferenceSession(
        str(model), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(model), str(prepared))
        quantize_static(
            str(prepared), str(output), _Samples(name, calibration),
            quant_format=QuantFormat.QDQ, per_channel=per_channel,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax)


def quantized_infer(model: Path, calibration: np.ndarray,
                    samples: np.ndarray) -> np.ndarray:
    """Quantizes `model` on `calibration` and runs `samples` through that."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "quantized.onnx"
        quantize(model, calibration, output)
        return infer(output, samples)
