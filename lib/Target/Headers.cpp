// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The C headers of compiled networks, and how output files are written.
#include "qopt/Target/Compile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt;

llvm::StringRef qopt::getAbiHeaderText() {
  static constexpr llvm::StringLiteral text(
#include "AbiHeaderText.inc"
  );
  return text;
}

static void printPorts(llvm::raw_ostream &os, llvm::StringRef what,
                       llvm::ArrayRef<std::string> ports) {
  for (size_t index = 0; index < ports.size(); ++index)
    os << " *   " << what << "[" << index << "]  " << ports[index] << "\n";
}

std::string qopt::getHeaderText(const codegen::ProgramInfo &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  const std::string &name = program.network;
  std::string upper = llvm::StringRef(name).upper();
  os << "/* The network " << name << ", compiled by qopt.\n";
  printPorts(os, "inputs", program.inputs);
  printPorts(os, "outputs", program.outputs);
  os << " */\n#ifndef QOPT_NETWORK_" << upper << "_H\n#define QOPT_NETWORK_" << upper << "_H\n\n"
     << "#include \"qopt_abi.h\"\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << "/* Bytes of workspace for a run with `tasks` tasks, aligned to " << upper
     << "_WORKSPACE_ALIGN. */\n"
     << "#define " << upper << "_WORKSPACE_ALIGN " << program.alignment << "\n"
     << "#define " << upper << "_WORKSPACE_BYTES(tasks) (UINT64_C(" << program.arenaBytes
     << ") + (uint64_t)(tasks) * " << program.taskBytes << ")\n\n"
     << "extern const qopt_module " << name << "_module;\n\n"
     << "/* Both return QOPT_OK or an error code of qopt_abi.h. */\n"
     << "int32_t " << name << "_run(const void *const *inputs, void *const *outputs, "
     << "void *workspace,\n    uint64_t workspace_bytes);\n"
     << "int32_t " << name << "_run_parallel(const void *const *inputs, void *const *outputs, "
     << "void *workspace,\n    uint64_t workspace_bytes, uint32_t tasks, qopt_parallel_for par, "
     << "void *par_ctx);\n\n"
     << "#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return text;
}
