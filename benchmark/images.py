# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The photographs of ../shared/data/imagenet as network input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def read_labels(path: Path) -> list[tuple[str, int]]:
    """Reads lines `file index name`; returns (file, index) in that order."""
    rows = [line.split() for line in path.read_text().splitlines() if line]
    return [(row[0], int(row[1])) for row in rows]


def read_image(path: Path) -> np.ndarray:
    """Returns f32 [3, H, W] = rgb/127.5 - 1, decoded by libjpeg."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), np.float32)
    return (pixels / np.float32(127.5) - 1).transpose(2, 0, 1)


def load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Returns images f32 [N, 3, 224, 224] and labels i64 [N]."""
    rows = read_labels(folder / "labels.txt")
    images = np.stack([read_image(folder / name) for name, _ in rows])
    return images, np.array([index for _, index in rows])
