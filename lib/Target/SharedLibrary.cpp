// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Linking through lld, in this process where that is safe, else as a program.
#include "Emission.h"
#include "qopt/Support/TemporaryFolder.h"
#include "qopt/Target/Compile.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>
#include <optional>

LLD_HAS_DRIVER(elf)

using namespace qopt;

/// Empty where lld did not get as far as an error or success.
static std::optional<llvm::Error> linkInProcess(llvm::ArrayRef<const char *> arguments) {
  static std::mutex mutex; // lld keeps its state in globals
  static bool usable = true;
  std::lock_guard<std::mutex> lock(mutex);
  if (!usable)
    return std::nullopt;
  std::string message;
  llvm::raw_string_ostream errors(message);
  // Without it, lld leaves a damaged input by exit(). It sees this thread alone: --threads=1.
  llvm::CrashRecoveryContext::Enable();
  lld::Result result =
      lld::lldMain(arguments, llvm::nulls(), errors, {{lld::Gnu, &lld::elf::link}});
  llvm::CrashRecoveryContext::Disable();
  usable = result.canRunAgain; // not after an error that ended lld where it stood
  if (result.retCode == 0)
    return llvm::Error::success();
  if (message.empty())
    return std::nullopt;
  return llvm::createStringError("linking failed: " + llvm::StringRef(message).rtrim());
}

/// What a program wrote into the file that its standard error was sent to.
static std::string readErrors(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  return buffer ? (*buffer)->getBuffer().rtrim().str() : std::string();
}

static llvm::Error linkBySpawning(llvm::ArrayRef<const char *> arguments) {
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName("ld.lld");
  if (!program)
    program = llvm::sys::findProgramByName("ld.lld-22");
  if (!program)
    return llvm::createStringError("linking failed: the linker ended early, and there is no "
                                   "ld.lld to try again with; install lld");
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create("qopt-link");
  if (!folder)
    return folder.takeError();
  std::string errors = folder->file("errors");
  llvm::SmallVector<llvm::StringRef> words(arguments.begin(), arguments.end());
  std::string message;
  int status = llvm::sys::ExecuteAndWait(
      *program, words, std::nullopt,
      {llvm::StringRef(""), llvm::StringRef(""), llvm::StringRef(errors)}, 0, 0, &message);
  if (status == 0)
    return llvm::Error::success();
  if (message.empty())
    message = readErrors(errors);
  return llvm::createStringError(*program + " failed: " + message);
}

static llvm::Error runLinker(llvm::ArrayRef<const char *> arguments) {
  if (std::optional<llvm::Error> done = linkInProcess(arguments))
    return std::move(*done);
  return linkBySpawning(arguments);
}

/// lld maps its output into memory, and a disk without space for it would end this program.
static llvm::Error checkSpace(llvm::ArrayRef<const char *> arguments, llvm::StringRef output) {
  constexpr uint64_t kOverhead = 1 << 16; // headers and pages
  uint64_t needed = kOverhead, size = 0;
  for (llvm::StringRef word : arguments)
    if (!word.starts_with("-") && !llvm::sys::fs::file_size(word, size))
      needed += size;
  llvm::StringRef folder = llvm::sys::path::parent_path(output);
  auto space = llvm::sys::fs::disk_space(folder.empty() ? "." : folder);
  if (!space || space->available >= needed)
    return llvm::Error::success();
  return llvm::createStringError(output + ": cannot be written: its disk lacks the space of " +
                                 llvm::Twine(needed) + " bytes; free some or choose another");
}

llvm::Error qopt::link(llvm::ArrayRef<const char *> arguments, llvm::StringRef outputPath) {
  if (llvm::Error error = checkSpace(arguments, outputPath))
    return error;
  std::string output = outputPath.str();
  std::string temporary = output + ".tmp" + std::to_string(llvm::sys::Process::getProcessId());
  llvm::SmallVector<const char *> all = {"ld.lld", "--threads=1"};
  all.append(arguments.begin(), arguments.end());
  all.append({"-o", temporary.c_str()});
  if (llvm::Error error = runLinker(all)) {
    llvm::sys::fs::remove(temporary);
    return error;
  }
  if (std::error_code error = llvm::sys::fs::rename(temporary, output)) {
    llvm::sys::fs::remove(temporary);
    return llvm::createStringError(error, output + ": cannot be written: " + error.message());
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
