# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What the scripts share. Sourced; sets ROOT and BUILD.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$ROOT/build/release

# Debian's own Python: python3-venv from install-deps.sh belongs to it, and
# whatever else is first on PATH may lack it.
PYTHON=${PYTHON:-/usr/bin/python3}

# ccache refuses precompiled headers without these.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

# say TEXT...: progress, kept off stdout because tables and totals go there.
say() {
  printf '== %s\n' "$*" >&2
}

# die TEXT...: ends the script with a sentence.
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# ensure_venv NAME REQUIREMENTS...: makes build/NAME hold what the files pin and
# see the modules in python/ and benchmark/; does nothing where it already does. Prints the path
# of its python.
ensure_venv() {
  local venv=$ROOT/build/$1
  shift
  if ! cat "$@" | cmp -s - "$venv/requirements.txt"; then
    say "installing Python packages into build/$(basename "$venv")"
    rm -rf "$venv"
    "$PYTHON" -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
      "${@/#/--requirement=}" >&2
    printf '%s\n' "$ROOT/python" "$ROOT/benchmark" \
      > "$(echo "$venv"/lib/python3*/site-packages)/qopt.pth"
    cat "$@" > "$venv/requirements.txt"
  fi
  printf '%s\n' "$venv/bin/python"
}

# For generating models and other helpers.
helper_python() {
  ensure_venv venv "$ROOT/python/requirements.txt"
}

# For tests and benchmarks: the same, and the peers to compare with.
bench_python() {
  ensure_venv venv-bench "$ROOT/python/requirements.txt" \
    "$ROOT/benchmark/requirements.txt"
}
