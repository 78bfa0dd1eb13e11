# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""NNCF on OpenVINO, the peer: its post-training quantizer with its defaults."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path

import nncf
import numpy as np
import openvino

logging.getLogger("nncf").setLevel(logging.ERROR)


def quantize(model: Path, calibration: np.ndarray) -> openvino.Model:
    """Quantizes on samples [N, ...], one at a time."""
    dataset = nncf.Dataset([sample[None] for sample in calibration])
    with contextlib.redirect_stdout(sys.stderr):  # its progress bars
        return nncf.quantize(openvino.Core().read_model(model), dataset,
                             subset_size=len(calibration))


def infer(model: openvino.Model, samples: np.ndarray) -> np.ndarray:
    """Runs samples one by one; returns the stacked first outputs."""
    request = openvino.Core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    return np.concatenate([request.infer(sample[None])[0].copy()
                           for sample in samples])
