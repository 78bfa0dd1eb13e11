#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From nothing to int8 on a bare Debian 12: installs, builds, compiles three small
# networks trained on Fashion-MNIST, runs the 10,000 test images through the float
# engine, the reference interpreter (500 of them) and the compiled library, and
# prints one table. Everything in the table is measured while this runs.
# With --target=NAME (hexagon-hvx, arm-dotprod, ...) it runs 500 of them on executables
# for that machine under its emulator, and counts the predictions and bytes that are as
# on this machine; what follows -- goes to qopt-compile.
# Usage: scripts/demo.sh [--target=NAME [-- OPTION...]]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
'' | --target=?*) ;;
*) die "unknown argument '$1'; usage: scripts/demo.sh [--target=NAME [-- OPTION...]]" ;;
esac

"$ROOT/scripts/build.sh" qopt-compile qopt-run
if [ $# -gt 0 ]; then
  exec "$(helper_python)" "$ROOT/scripts/demo_emulated.py" --output "$ROOT/build/demo" "$@"
fi
exec "$(helper_python)" "$ROOT/scripts/demo.py" --output "$ROOT/build/demo"
