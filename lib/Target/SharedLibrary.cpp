// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linking through lld, in this process where that is safe, else as a program.
#include "Emission.h"
#include "qopt/Target/Compile.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace qopt;

/// A failed link may leave lld in a state that does not allow another.
static bool linkInProcess(llvm::ArrayRef<const char *> arguments, std::string &message) {
  static std::mutex mutex; // lld keeps its state in globals
  static bool usable = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!usable)
    return false;
  llvm::raw_string_ostream errors(message);
  lld::Result result =
      lld::lldMain(arguments, llvm::nulls(), errors, {{lld::Gnu, &lld::elf::link}});
  usable = result.canRunAgain;
  return result.retCode == 0;
}

static llvm::Error linkBySpawning(llvm::ArrayRef<const char *> arguments, std::string message) {
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName("ld.lld");
  if (!program)
    program = llvm::sys::findProgramByName("ld.lld-22");
  if (!program)
    return llvm::createStringError("linking failed: %s", message.c_str());
  llvm::SmallVector<llvm::StringRef> words(arguments.begin(), arguments.end());
  std::string error;
  if (llvm::sys::ExecuteAndWait(*program, words, std::nullopt, {}, 0, 0, &error) == 0)
    return llvm::Error::success();
  return llvm::createStringError("ld.lld failed: %s", error.c_str());
}

static llvm::Error runLinker(llvm::ArrayRef<const char *> arguments) {
  std::string message;
  if (linkInProcess(arguments, message))
    return llvm::Error::success();
  return linkBySpawning(arguments, message);
}

llvm::Error qopt::link(llvm::ArrayRef<const char *> arguments, llvm::StringRef outputPath) {
  std::string output = outputPath.str();
  std::string temporary = output + ".tmp" + std::to_string(llvm::sys::Process::getProcessId());
  llvm::SmallVector<const char *> all = {"ld.lld"};
  all.append(arguments.begin(), arguments.end());
  all.append({"-o", temporary.c_str()});
  if (llvm::Error error = runLinker(all)) {
    llvm::sys::fs::remove(temporary);
    return error;
  }
  if (std::error_code error = llvm::sys::fs::rename(temporary, output)) {
    llvm::sys::fs::remove(temporary);
    return llvm::createStringError(error, "cannot write '%s': %s", output.c_str(),
                                   error.message().c_str());
  }
  return llvm::Error::success();
}

llvm::Error qopt::mergeObjects(llvm::ArrayRef<std::string> objects, llvm::StringRef output) {
  llvm::SmallVector<const char *> arguments = {"-r"};
  for (const std::string &object : objects)
    arguments.push_back(object.c_str());
  return link(arguments, output);
}

llvm::Error qopt::linkSharedLibrary(llvm::StringRef objectPath, llvm::StringRef outputPath,
                                    llvm::StringRef network) {
  std::string object = objectPath.str();
  std::string alias = "--defsym=qopt_module_v1=" + network.str() + "_module";
  return link({"-shared", "--no-undefined", "-z", "noexecstack", "--hash-style=gnu",
               "--build-id=none", alias.c_str(), object.c_str()},
              outputPath);
}
