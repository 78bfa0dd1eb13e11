#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Unpacks Debian's arm64 packages that qopt is built against into
# build/arm64-sysroot, for the preset `arm64-cross`. Nothing is installed and
# the machine's own package lists are not touched; about 1.5 GB of disk.
# Usage: scripts/arm64-sysroot.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

SYSROOT=$ROOT/build/arm64-sysroot
STATE=$ROOT/build/arm64-apt
PACKAGES=(
  libc6-dev libstdc++-12-dev zlib1g-dev
  llvm-22-dev llvm-22-tools liblld-22-dev lld-22 libmlir-22-dev mlir-22-tools
  libprotobuf-dev libonnx-dev libdnnl-dev libeigen3-dev
)

# An apt of its own: this architecture, its own lists, no package installed yet.
apt_arm64() {
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
    -o Dir::State="$STATE" -o Dir::State::status="$STATE/status" \
    -o Dir::Cache="$STATE" -o APT::Install-Recommends=0 \
    -o APT::Sandbox::User=root "$@"
}

if [ "$(cat "$SYSROOT/packages" 2>/dev/null)" = "${PACKAGES[*]}" ]; then
  exit 0
fi
command -v apt-get >/dev/null || die "this is not Debian; unpack for arm64: ${PACKAGES[*]}"
mkdir -p "$STATE/lists/partial" "$STATE/archives/partial" "$SYSROOT"
touch "$STATE/status"
say "fetching Debian's arm64 packages"
apt_arm64 update || say "apt-get update reports errors; going on"
apt_arm64 install --download-only -y "${PACKAGES[@]}" >&2
say "unpacking into build/arm64-sysroot"
for package in "$STATE"/archives/*.deb; do
  dpkg-deb --extract "$package" "$SYSROOT"
done
rm -rf "$STATE"
# Links with absolute targets would lead out of the sysroot.
find "$SYSROOT" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
  ln -sfn "$SYSROOT$(readlink "$link")" "$link"
done
echo "${PACKAGES[*]}" > "$SYSROOT/packages"
