#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From nothing to int8 on a bare Debian 12: installs, builds, compiles three small
# networks trained on Fashion-MNIST, runs the 10,000 test images through the float
# engine, the reference interpreter (500 of them) and the compiled library, and
# prints one table. Everything in the table is measured while this runs.
# Usage: scripts/demo.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$ROOT/scripts/build.sh" qopt-compile qopt-run
exec "$(helper_python)" "$ROOT/scripts/demo.py" --output "$ROOT/build/demo"
