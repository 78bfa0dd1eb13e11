# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random networks and images for measurements of speed, kept in build/."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import make_networks
from qopt_tools import REPOSITORY

FOLDER = REPOSITORY / "build/benchmark"


def network(name: str) -> Path:
    """Path of network `name` of make_networks, written on first use."""
    path = FOLDER / f"{name}.onnx"
    if not path.exists():
        make_networks.write(name, path)
    return path


def images(count: int, size: int = make_networks.INPUT_SIZE) -> Path:
    """Path of f32 [count, 3, size, size] in -1..1, written on first use.

    Coarse random fields with fine noise, not noise alone: averaging over the
    image would leave nothing of that, and all images would look the same.
    """
    path = FOLDER / f"images_{count}_{size}.npy"
    if not path.exists():
        random = np.random.default_rng(1)
        coarse = random.uniform(-0.8, 0.8, (count, 3, 7, 7))
        pixels = np.kron(coarse, np.ones((-(-size // 7),) * 2))
        pixels = pixels[:, :, :size, :size]
        pixels += random.uniform(-0.2, 0.2, pixels.shape)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, pixels.astype(np.float32))
    return path
