// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Outputs.h"

#include "qopt/Support/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace qopt {

static Error failOn(StringRef path, StringRef what, std::error_code error) {
  return createStringError(error, path + ": " + what + ": " + error.message() +
                                      "; choose another folder with -o");
}

/// `dir` and those of its parents that do not exist, innermost first.
static std::vector<std::string> findMissingFolders(StringRef dir) {
  std::vector<std::string> missing;
  for (; !dir.empty() && !sys::fs::exists(dir); dir = sys::path::parent_path(dir))
    missing.push_back(dir.str());
  return missing;
}

OutputFolder::~OutputFolder() {
  for (const StagedFile &file : staged)
    sys::fs::remove(file.temporary);
  for (const std::string &folder : reverse(madeFolders))
    sys::fs::remove(folder);
}

Error OutputFolder::check() const {
  StringRef existing = options->outputDir;
  while (!existing.empty() && !sys::fs::exists(existing))
    existing = sys::path::parent_path(existing);
  if (existing.empty())
    existing = ".";
  if (!sys::fs::is_directory(existing))
    return createStringError(inconvertibleErrorCode(),
                             existing + ": is a file; -o needs the name of a folder");
  if (std::error_code error = sys::fs::access(existing, sys::fs::AccessMode::Write))
    return failOn(existing, "the folder cannot be written", error);
  return Error::success();
}

Error OutputFolder::makeFolder() {
  std::vector<std::string> missing = findMissingFolders(options->outputDir);
  for (const std::string &folder : reverse(missing)) {
    if (std::error_code error = sys::fs::create_directory(folder, true, sys::fs::all_all))
      return failOn(folder, "the folder cannot be made", error);
    madeFolders.push_back(folder);
  }
  return Error::success();
}

Expected<std::string> OutputFolder::stageName(StringRef fileName, bool kept) {
  if (Error error = makeFolder())
    return std::move(error);
  SmallString<128> target(options->outputDir);
  sys::path::append(target, fileName);
  StagedFile file{(target + ".tmp" + Twine(sys::Process::getProcessId())).str(), target.str().str(),
                  kept};
  staged.push_back(file);
  return file.temporary;
}

Expected<std::string> OutputFolder::stage(StringRef suffix, bool kept) {
  return stageName(options->name + suffix.str(), kept);
}

static Error writeStaged(Expected<std::string> path, PrintFn print) {
  if (!path)
    return path.takeError();
  if (std::error_code error = printToFile(*path, print))
    return failOn(*path, "cannot be written", error);
  return Error::success();
}

Error OutputFolder::stageModule(StringRef suffix, mlir::ModuleOp module) {
  return writeStaged(stage(suffix), [&](raw_ostream &os) { module.print(os); });
}

Error OutputFolder::stageText(StringRef suffix, StringRef text) {
  return writeStaged(stage(suffix), [&](raw_ostream &os) { os << text; });
}

Error OutputFolder::stageJson(StringRef suffix, const json::Value &value) {
  return writeStaged(stage(suffix), [&](raw_ostream &os) { os << formatv("{0:2}\n", value); });
}

Error OutputFolder::stageFile(StringRef fileName, StringRef text) {
  return writeStaged(stageName(fileName), [&](raw_ostream &os) { os << text; });
}

Error OutputFolder::commit() {
  for (const StagedFile &file : staged) {
    if (!file.kept)
      continue; // the destructor removes it
    if (std::error_code error = sys::fs::rename(file.temporary, file.target))
      return failOn(file.target, "cannot be written", error);
    madeFolders.clear();
  }
  return Error::success();
}

} // namespace qopt
