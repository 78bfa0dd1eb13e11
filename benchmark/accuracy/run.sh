#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Every setting and recipe beside onnxruntime and NNCF; see README.md.
exec "$(dirname "${BASH_SOURCE[0]}")/../../scripts/recipes.sh" "$@"
