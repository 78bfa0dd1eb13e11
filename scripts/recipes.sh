#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds, installs the peers into a virtual environment of their own, and measures
# the accuracy of every recipe beside theirs. Options: see benchmark/recipes.py.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$ROOT/scripts/build.sh"
python=$(ensure_venv venv-peers "$ROOT/python/requirements.txt" \
  "$ROOT/benchmark/requirements.txt" "$ROOT/benchmark/requirements-peers.txt")
exec "$python" "$ROOT/benchmark/recipes.py" "$@"
