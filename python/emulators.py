# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which emulators tests need for programs of other machines."""

from __future__ import annotations

import shutil
import unittest
from collections.abc import Callable

EMULATORS = {"arm-neon": "qemu-aarch64", "arm-dotprod": "qemu-aarch64",
             "arm-i8mm": "qemu-aarch64", "hexagon-hvx": "qemu-hexagon"}  # by target


def needs_emulators(*targets: str) -> Callable:
    """Decorates tests that run programs for `targets`; without any, for all."""
    wanted = {EMULATORS[target] for target in targets or EMULATORS}
    missing = [name for name in sorted(wanted) if not shutil.which(name)]
    return unittest.skipIf(missing, f"needs {', '.join(missing)}")
