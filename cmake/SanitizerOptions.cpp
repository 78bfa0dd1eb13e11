// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linked into every program of a build with sanitizers. MLIR's allocators poison memory by hand, in a
// library that is built without sanitizers and never takes the poison back: a false use-after-poison.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0:detect_leaks=0"; }
