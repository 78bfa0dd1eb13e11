# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def print_table(headings: Sequence[str], lines: Sequence[Sequence[str]],
                left: int) -> None:
    """Prints columns as wide as they need; the first `left` start at the left."""
    rows = [list(headings), *map(list, lines)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        cells = [cell.ljust(width) if i < left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells))
