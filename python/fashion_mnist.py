# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads Fashion-MNIST from Debian's package `dataset-fashion-mnist`.

As a command it writes .npy files that qopt-compile and qopt-run take.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np

DATA_DIR = Path("/usr/share/datasets/fashion-mnist")
CLASSES = 10


def read_idx(path: Path) -> np.ndarray:
    """Reads a gzipped IDX file of unsigned bytes.

    Raises ValueError if the header does not describe the file's contents.
    """
    data = gzip.decompress(path.read_bytes())
    if len(data) < 4 or data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    rank = data[3]
    shape = np.frombuffer(data, ">u4", rank, offset=4).astype(int)
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    if values.size != shape.prod():
        raise ValueError(f"{path}: {values.size} values do not make {shape}")
    return values.reshape(shape)


def load(split: str, data_dir: Path = DATA_DIR) -> tuple[np.ndarray, np.ndarray]:
    """Returns images f32 [N, 1, 28, 28] in 0..1 and labels i64 [N].

    `split` is "train" (60,000 images) or "t10k" (10,000 images).
    """
    images = read_idx(data_dir / f"{split}-images-idx3-ubyte.gz")
    labels = read_idx(data_dir / f"{split}-labels-idx1-ubyte.gz")
    return ((images / 255).astype(np.float32)[:, None],
            labels.astype(np.int64))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True,
                        help="folder for calibration.npy, test.npy, labels.npy")
    parser.add_argument("--calibration-images", type=int, default=256,
                        help="the first N training images (default: 256)")
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR)
    options = parser.parse_args()

    options.output.mkdir(parents=True, exist_ok=True)
    images, _ = load("train", options.data_dir)
    np.save(options.output / "calibration.npy",
            images[:options.calibration_images])
    images, labels = load("t10k", options.data_dir)
    np.save(options.output / "test.npy", images)
    np.save(options.output / "labels.npy", labels)


if __name__ == "__main__":
    main()
