# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files that are not a model, or no longer one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hostile.base import DEGENERATE, MODELS, healthy

BIT_FLIPS = 24


def register_raw(name: str, data: Callable[[], bytes]) -> None:
    MODELS[name] = data


def truncated(percent: int) -> bytes:
    data = healthy().SerializeToString(deterministic=True)
    return data[:len(data) * percent // 100]


def bit_flipped(seed: int) -> bytes:
    """Three bits of the healthy file turned over."""
    random = np.random.default_rng(seed)
    data = bytearray(healthy().SerializeToString(deterministic=True))
    for position in random.integers(0, 8 * len(data), 3):
        data[position // 8] ^= 1 << (position % 8)
    return bytes(data)


def register_raw_files() -> None:
    register_raw("empty", lambda: b"")
    register_raw("text", lambda: b"this is not a model\n" * 20)
    register_raw("noise", lambda: np.random.default_rng(1).bytes(4096))
    register_raw("zeros", lambda: bytes(4096))
    for percent in (1, 20, 50, 90, 99):
        register_raw(f"truncated_{percent}", lambda p=percent: truncated(p))
    for seed in range(BIT_FLIPS):
        # A flipped bit may hit a weight or a name and leave a legal model.
        DEGENERATE.add(f"bit_flipped_{seed}")
        register_raw(f"bit_flipped_{seed}", lambda s=seed: bit_flipped(s))


register_raw_files()
