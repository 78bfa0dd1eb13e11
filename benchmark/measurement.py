# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the measurements' command lines share: --json, --check, and how they end."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def make_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options that finish() obeys."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the results here")
    parser.add_argument("--check", action="store_true",
                        help="exit with 1 if a goal is missed")
    return parser


def finish(options: argparse.Namespace, results: object, good: bool) -> int:
    """Writes `results` where --json says; the exit status that --check wants."""
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if options.check and not good else 0
