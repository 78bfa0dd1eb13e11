# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The FileCheck tests: .mlir files and .test scripts, in folders that mirror lib/ and tools/."""

import os
import platform
import shutil

import lit.formats

config.name = "qopt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["CMakeLists.txt", "Inputs", "Unit", "data", "python"]
config.test_source_root = os.path.join(config.qopt_source_dir, "test")
config.test_exec_root = os.path.join(config.qopt_build_dir, "test")

# Tests call our tools and LLVM's by their plain names.
config.environment["PATH"] = os.pathsep.join(
    [config.qopt_tools_dir, config.llvm_tools_dir, config.environment.get("PATH", "")])

plugin = os.path.join(config.qopt_library_dir, "qopt-plugin.so")
shared = os.path.normpath(os.path.join(config.qopt_source_dir, "..", "shared"))
stock = shutil.which("mlir-opt-22")

config.substitutions += [
    ("%shared", shared),
    ("%python", config.python_executable),
    ("%cmake", config.cmake_command),
    ("%cxx", config.cxx_compiler),
    ("%cc", config.c_compiler),
    ("%source-dir", config.qopt_source_dir),
    ("%build-dir", config.qopt_build_dir),
    ("%stock-opt", f"mlir-opt-22 --load-dialect-plugin={plugin} --load-pass-plugin={plugin}"),
]

# Trained networks and data sets that lie beside the source tree.
if os.path.isdir(os.path.join(shared, "data")):
    config.available_features.add("shared-data")
if platform.machine() == "x86_64":
    config.available_features.add("host-x86")
# Libraries with sanitizers load into programs with sanitizers only.
plain = config.qopt_sanitizers.upper() not in ("ON", "1", "TRUE", "YES")
if plain:
    config.available_features.add("install")
# The stock driver into which the plugin loads.
if plain and stock and os.path.exists(plugin):
    config.available_features.add("mlir-opt-22")
for tool in ("qopt-compile", "qopt-run"):
    if os.path.exists(os.path.join(config.qopt_tools_dir, tool)):
        config.available_features.add(tool)
