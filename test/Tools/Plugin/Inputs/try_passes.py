# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Asks a driver for every pass of a list, by itself on an empty module.

Usage: try_passes.py NAMES DRIVER [FLAG...]
"""

import pathlib
import subprocess
import sys


def is_known(driver, name):
    for pipeline in (f"builtin.module({name})", f"builtin.module(func.func({name}))"):
        run = subprocess.run([*driver, f"--pass-pipeline={pipeline}"], input="", text=True,
                             capture_output=True)
        if "does not refer to a registered pass" not in run.stderr:
            return True
    return False


def main():
    names = pathlib.Path(sys.argv[1]).read_text().split()
    unknown = [name for name in names if not is_known(sys.argv[2:], name)]
    for name in unknown:
        print(f"unknown: {name}")
    if not unknown:
        print(f"all {len(names)} names known")


if __name__ == "__main__":
    main()
