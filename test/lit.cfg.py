# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The FileCheck tests: .mlir files and .test scripts, in folders that mirror lib/ and tools/."""

import os
import platform
import shutil
import subprocess
import tempfile

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



def openmp_compiler():
    """The first C compiler here that links OpenMP programs; None without one."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "empty.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <omp.h>\nint main(void) { return 0; }\n")
        for compiler in (config.c_compiler, "gcc", "clang"):
            command = [compiler, "-fopenmp", source, "-o", os.path.join(folder, "program")]
            if shutil.which(compiler) and not subprocess.run(
                    command, capture_output=True, check=False).returncode:
                return compiler
    return None


openmp = openmp_compiler()
if openmp:
    config.available_features.add("openmp")
    config.substitutions.append(("%openmp-cc", openmp))

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
