#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds the tools for Debian on arm64 into build/arm64-cross and tries them
# under qemu: they must give the bytes that this machine's own tools give, the
# network in its quantized form and the object for every kind of target.
# Usage: scripts/arm64-cross.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$ROOT/scripts/build.sh" qopt-compile
"$ROOT/scripts/arm64-sysroot.sh"
cd "$ROOT"
cross=$ROOT/build/arm64-cross
[ -f "$cross/build.ninja" ] || cmake --preset arm64-cross >&2
say "building for arm64"
cmake --build "$cross" -- qopt qopt-compile qopt-run >&2

say "trying it under qemu"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
model=$ROOT/test/data/fashion_mnist/plain.onnx
# Float sums differ between machines, so both get the same ranges.
ranges=$folder/ranges.json
"$(helper_python)" - "$folder/images.npy" <<'PYTHON'
import sys, numpy, fashion_mnist
numpy.save(sys.argv[1], fashion_mnist.load("train")[0][:64])
PYTHON
"$BUILD/bin/qopt-compile" "$model" -o "$folder" --calibrate "$folder/images.npy" \
  --ranges="$ranges" --stop-after=quantize
for target in x86-avx2 arm-dotprod hexagon-hvx; do
  arguments=("$model" --ranges="$ranges" --target="$target" --emit=mlir,o)
  "$BUILD/bin/qopt-compile" "${arguments[@]}" -o "$folder/here"
  qemu-aarch64 -cpu max -L "$ROOT/build/arm64-sysroot" \
    "$cross/bin/qopt-compile" "${arguments[@]}" -o "$folder/there"
  for output in plain.quantized.mlir plain.o; do
    cmp "$folder/here/$output" "$folder/there/$output" ||
      die "$target: $output differs between the two machines"
  done
  echo "$target: the same bytes"
done
