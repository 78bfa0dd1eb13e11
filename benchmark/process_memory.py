# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Wall time and peak anonymous memory of a command with all its children."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
INTERVAL = 0.01  # seconds between two samples


@dataclass
class Usage:
    seconds: float
    peak_anonymous_bytes: int


def _children(process: int) -> list[int]:
    """Direct children; the kernel lists them under the thread that forked."""
    found: list[int] = []
    try:
        for task in (PROC / str(process) / "task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:  # it ended meanwhile
        pass
    return found


def _descendants(root: int) -> list[int]:
    found = [root]
    for process in found:  # grows while it is walked
        found += _children(process)
    return found


def anonymous_bytes(process: int) -> int:
    """Resident anonymous memory; file mappings (libraries, data) not counted."""
    try:
        status = (PROC / str(process) / "status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    return 0  # a zombie has no memory left


class _Sampler(threading.Thread):
    """Keeps the highest sum over the process tree until stopped."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = root
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            total = sum(map(anonymous_bytes, _descendants(self._root)))
            self.peak = max(self.peak, total)

    def stop(self) -> int:
        self._stopped.set()
        self.join()
        return self.peak


def measure(command: list[str]) -> Usage:
    """Runs `command`; raises CalledProcessError if it does not return 0.

    A peak shorter than the interval between samples can be missed.
    """
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        sampler = _Sampler(process.pid)
        sampler.start()
        _, errors = process.communicate()
        seconds = time.monotonic() - start
        peak = sampler.stop()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command,
                                            stderr=errors)
    return Usage(seconds, peak)
