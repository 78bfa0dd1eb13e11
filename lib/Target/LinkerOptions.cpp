// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// lld asks these for link-time optimization, which we never do. Its own definitions come with some
// hundred global command line options, which a library must not bring into its users' programs; an
// archive member whose symbols are all defined is not linked.
#include "lld/Common/TargetOptionsCommandFlags.h"

llvm::TargetOptions lld::initTargetOptionsFromCodeGenFlags() { return {}; }
std::optional<llvm::Reloc::Model> lld::getRelocModelFromCMModel() { return std::nullopt; }
std::optional<llvm::CodeModel::Model> lld::getCodeModelFromCMModel() { return std::nullopt; }
std::string lld::getCPUStr() { return ""; }
std::vector<std::string> lld::getMAttrs() { return {}; }
