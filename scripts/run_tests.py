#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs lit, GoogleTest and the Python tests, and adds up what they say.

The last line of output is `N passed, N failed`; the exit status is 1 if a test
failed or if a suite that should be there found nothing to run.
"""

from __future__ import annotations

import argparse
import functools
import json
import operator
import os
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIT = Path("/usr/lib/llvm-22/bin/lit")
LIT_PASSED = {"PASS", "FLAKYPASS", "XFAIL"}
LIT_SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}
PYTHON_SUITES = ("test/python", "test/Integration")


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other: Count) -> Count:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"passed {self.passed}, failed {self.failed}{skipped}"


def run_and_read(command: list[str], option: str,
                 variables: dict[str, str] | None = None) -> dict | None:
    """Runs a suite that writes JSON to the file that `option` names.

    Returns None if it wrote none, because it crashed or could not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run([*command, option + str(report)], check=False,
                       env={**os.environ, **(variables or {})})
        try:
            return json.loads(report.read_text())
        except (OSError, ValueError):
            return None


def run_lit(build: Path) -> Count:
    report = run_and_read([sys.executable, str(LIT), "--verbose", "--succinct",
                           str(build / "test")], "--output=")
    tests = report["tests"] if report else []
    codes = [test["code"] for test in tests]
    count = Count(skipped=sum(code in LIT_SKIPPED for code in codes))
    count.passed = sum(code in LIT_PASSED for code in codes)
    count.failed = len(codes) - count.passed - count.skipped
    for test in tests:
        if test["code"] in LIT_SKIPPED:
            print(f"skipped: {test['name']}")
    return count if tests else Count(failed=1)


def run_shard(binary: Path, index: int, count: int) -> Count:
    """Runs every `count`-th test of `binary`, beginning with the `index`-th."""
    report = run_and_read([str(binary), "--gtest_brief=1"], "--gtest_output=json:",
                          {"GTEST_SHARD_INDEX": str(index),
                           "GTEST_TOTAL_SHARDS": str(count)})
    if report is None:
        print(f"{binary}: crashed")
        return Count(failed=1)
    total = Count()
    for suite in report.get("testsuites", []):
        for test in suite["testsuite"]:
            if test["result"] == "SKIPPED":
                total.skipped += 1
                print(f"skipped: {suite['name']}.{test['name']}")
            elif test.get("failures"):
                total.failed += 1
            elif test["status"] == "RUN":
                total.passed += 1
    return total


def run_googletest(binary: Path) -> Count:
    """Runs the tests of `binary` on all processors."""
    shards = os.cpu_count() or 1
    with ThreadPoolExecutor(shards) as pool:
        counts = pool.map(lambda index: run_shard(binary, index, shards),
                          range(shards))
        return functools.reduce(operator.iadd, counts, Count())


def run_python(folder: Path) -> Count:
    suite = unittest.TestLoader().discover(str(folder), "test_*.py")
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    # A test with several failing subtests is one test.
    failed = {getattr(test, "test_case", test).id()
              for test, _ in result.failures + result.errors}
    count = Count(failed=len(failed), skipped=len(result.skipped))
    count.passed = max(0, result.testsRun - count.failed - count.skipped)
    return count


def googletest_binaries(build: Path) -> list[Path]:
    return [path for path in sorted((build / "bin").glob("*Tests"))
            if os.access(path, os.X_OK)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    options = parser.parse_args()
    os.environ.setdefault("QOPT_BIN", str(options.build / "bin"))

    suites = [("lit", lambda: run_lit(options.build))]
    suites += [(path.name, lambda path=path: run_googletest(path))
               for path in googletest_binaries(options.build)]
    suites += [(folder, lambda folder=folder: run_python(ROOT / folder))
               for folder in PYTHON_SUITES]
    total, lines = Count(), []
    for name, run in suites:
        print(f"== {name}", flush=True)
        count = run()
        lines.append(f"{name}: {count}")
        total += count
    print("\n".join(["== summary", *lines]))
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
