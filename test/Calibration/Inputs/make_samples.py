# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the small .npy files of the calibration tests, with nothing but the standard library.

Usage: make_samples.py FOLDER
"""

import math
import pathlib
import struct
import sys


def write_npy(path, shape, values):
    """Little-endian f32, row major, format version 1.0 (padded to 64 bytes as NumPy does)."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = struct.pack(f"<{len(values)}f", *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    samples = [[-1.0, 0.5], [0.25, 2.0], [0.0, 0.0], [1.5, -0.5]]
    flat = [value for sample in samples for value in sample]
    write_npy(folder / "samples.npy", (4, 2), flat)
    write_npy(folder / "three.npy", (3, 2), flat[:6])
    write_npy(folder / "empty.npy", (0, 2), [])
    write_npy(folder / "wide.npy", (4, 3), flat + [0.0] * 4)
    write_npy(folder / "nan.npy", (4, 2), flat[:5] + [math.nan] + flat[6:])
    write_npy(folder / "inf.npy", (4, 2), flat[:6] + [math.inf] + flat[7:])
    write_npy(folder / "huge.npy", (4, 2), flat[:2] + [3e38, 3e38] + flat[4:])
    # Two inputs that are always equal.
    write_npy(folder / "equal.npy", (4, 2), [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    # 1, 2, ... 20 for statistics that depend on order and share.
    write_npy(folder / "ramp.npy", (10, 2), [float(i) for i in range(1, 21)])
    # Numbers of 8 bits that became floats, and the same where zero is none of them.
    numbers = [0.75 * i for i in range(-50, 150)]
    write_npy(folder / "lattice.npy", (100, 2), numbers)
    write_npy(folder / "shifted.npy", (100, 2), [number + 0.25 for number in numbers])


if __name__ == "__main__":
    main()
