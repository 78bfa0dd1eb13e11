#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# One 512x512x512 product through the generator and rows of four kinds: the same bytes, and how near
# each comes to its machine. Native on x86, qemu elsewhere.
#   benchmark/gemm_probe/run.sh [BUILD_DIR]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${1:-$here/../../build/release}
probe=$build/bin/qopt-gemm-probe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# link NAME OPTIONS...: the kernel (LLVM IR) and the driver to $work/NAME.
link() {
  local name=$1
  shift
  "$probe" "$name" "$work/$name.ll"
  clang-22 -O2 -Wno-override-module -c "$work/$name.ll" -o "$work/$name.o" "${kernel_flags[@]}"
  clang-22 -O2 "$here/main.c" "$work/$name.o" -o "$work/$name" "$@"
}

declare -A result
compare() {
  if cmp -s "$work/generic.bin" "$work/$1.bin"; then result[$1]="same bytes"; else result[$1]="BYTES DIFFER"; fi
}

kernel_flags=(-march=x86-64)
link generic -march=x86-64 -DFLIP=0 -DROUNDS=1
"$work/generic" > "$work/generic.bin"

printf '%-16s %-14s %s\n' rows result speed
if grep -q avx512_vnni /proc/cpuinfo; then
  kernel_flags=(-march=x86-64-v4 -mavx512vnni)
  link x86-avx512vnni -march=x86-64-v4 -mavx512vnni -DFLIP=0x80 -DROUNDS=400
  "$work/x86-avx512vnni" > "$work/x86-avx512vnni.bin" 2> "$work/speed"
  compare x86-avx512vnni
  read -r rate peak < "$work/speed"
  printf '%-16s %-14s %s\n' x86-avx512vnni "${result[x86-avx512vnni]}" \
    "$rate of $peak GMAC/s: $(awk "BEGIN { printf \"%.1f\", 100 * $rate / $peak }") % of the peak measured in the same run"
fi

arm() { # NAME FEATURE
  kernel_flags=(--target=aarch64-linux-gnu "-march=armv8.2-a+$2")
  link "$1" --target=aarch64-linux-gnu -static -fuse-ld=lld -DFLIP=0 -DROUNDS=1
  qemu-aarch64 -cpu max "$work/$1" > "$work/$1.bin"
  compare "$1"
  printf '%-16s %-14s %s\n' "$1" "${result[$1]}" "(emulated: no speed)"
}
arm arm-dotprod dotprod
arm arm-i8mm i8mm

hexagon=(--target=hexagon-unknown-linux-musl -mcpu=hexagonv68 -mhvx -mhvx-length=128b)
count_packets() { # NAME
  qemu-hexagon -cpu v67 "$work/$1" > "$work/$1.bin" 2> "$work/packets"
  compare "$1"
  local packets
  packets=$(cat "$work/packets")
  printf '%-16s %-14s %s\n' "$1" "${result[$1]}" \
    "$packets packets: $(awk "BEGIN { printf \"%.1f\", 512 * 512 * 512 / $packets }") of 256 MAC/packet"
}
freestanding=(-ffreestanding -nostdlib -static -fuse-ld=lld -G0 -DFLIP=0x80)
kernel_flags=("${hexagon[@]}" -mllvm -hexagon-small-data-threshold=0)
link hexagon-hvx "${hexagon[@]}" "${freestanding[@]}"
count_packets hexagon-hvx

# The same product in C through clang's own vectorizer, weights along K and along N.
clang-22 -O3 "${hexagon[@]}" "${freestanding[@]}" -fvectorize "$here/main.c" "$here/plain.c" -o "$work/plain-c"
count_packets plain-c
clang-22 -O3 "${hexagon[@]}" "${freestanding[@]}" -fvectorize -DBY_ROWS "$here/main.c" "$here/plain.c" -o "$work/plain-c-by-rows"
count_packets plain-c-by-rows

for row in "${!result[@]}"; do
  [ "${result[$row]}" = "same bytes" ] || exit 1
done
