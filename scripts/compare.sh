#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds, installs the peers into a virtual environment of their own, and times
# our int8 networks beside theirs. Options: see benchmark/compare.py.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$ROOT/scripts/build.sh"
python=$(ensure_venv venv-peers "$ROOT/python/requirements.txt" \
  "$ROOT/benchmark/requirements.txt" "$ROOT/benchmark/requirements-peers.txt")
while read -r package; do
  "$python" -m pip install --quiet --disable-pip-version-check "$package" >&2 ||
    say "$package cannot be installed: that peer is left out"
done < <(grep -v '^#' "$ROOT/benchmark/requirements-more-peers.txt")
exec "$python" "$ROOT/benchmark/compare.py" "$@"
