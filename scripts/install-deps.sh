#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs the Debian 12 packages that building, testing and the demo need,
# only those that are missing. Needs root or sudo, and nothing if all are there.
# Usage: scripts/install-deps.sh [--list]    --list prints the names and exits
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PACKAGES=(
  # the tool chain
  cmake ninja-build ccache mold clang-22 lld-22 liblld-22-dev llvm-22-dev
  llvm-22-tools libclang-rt-22-dev libmlir-22-dev mlir-22-tools
  # libraries at the edge
  libprotobuf-dev protobuf-compiler libonnx-dev libdnnl-dev libeigen3-dev
  # tests and benchmarks
  libgtest-dev libbenchmark-dev qemu-user gcc-aarch64-linux-gnu
  libc6-dev-arm64-cross
  clang-format-22 clang-tidy-22
  # helpers in Python, and the demo's images
  python3 python3-venv dataset-fashion-mnist
)

missing_packages() {
  local package
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
      grep -qx installed || printf '%s\n' "$package"
  done
}

if [ "${1:-}" = --list ]; then
  printf '%s\n' "${PACKAGES[@]}"
  exit 0
fi

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || die "this is not Debian; install: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || die "neither root nor sudo; install: ${missing[*]}"
  as_root=(sudo)
fi
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=600 -qq "$@" >&2
}

say "installing ${missing[*]}"
# A fresh image has no package lists, an old one lists versions that are gone; a
# repository of somebody else's that does not answer is no reason to stop.
apt_get update || say "apt-get update reports errors; going on"
apt_get install -y --no-install-recommends "${missing[@]}"
