#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds, then runs every test: lit, GoogleTest, Python and the numbers. The last
# line is `N passed, N failed`, and the exit status is 1 if anything failed. Tests
# that need data from ../shared are skipped, with a word, where it is absent.
# Usage: scripts/test.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if ! "$ROOT/scripts/build.sh"; then
  echo "the build failed"
  echo "0 passed, 1 failed"
  exit 1
fi
exec "$(bench_python)" "$ROOT/scripts/run_tests.py" --build "$BUILD"
