#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs what is missing and builds preset `release` into build/release; the
# tools are in build/release/bin afterwards.
# Usage: scripts/build.sh [NINJA TARGET...]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$ROOT/scripts/install-deps.sh"
cd "$ROOT"
if [ ! -f "$BUILD/build.ninja" ]; then
  say "configuring build/release"
  cmake --preset release >&2
fi
say "building ${*:-everything}"
cmake --build "$BUILD" -- "$@" >&2
