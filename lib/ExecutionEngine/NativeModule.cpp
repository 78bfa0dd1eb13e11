// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loader of compiled shared libraries. Everything is checked before anything runs.
#include "qopt/ExecutionEngine/CompiledNetwork.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELF.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <dlfcn.h>

using namespace qopt;

static llvm::Error fail(llvm::StringRef path, const llvm::Twine &reason) {
  return llvm::createStringError("'" + path + "' " + reason);
}

/// The dynamic loader maps whatever the headers promise, and touching a page past the end of the
/// file kills the process: a truncated copy has to be found before.
static llvm::Error checkComplete(llvm::StringRef path) {
  auto buffer =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail(path, "cannot be read: " + buffer.getError().message());
  llvm::StringRef contents = (*buffer)->getBuffer();
  if (!contents.starts_with(llvm::StringRef("\x7f"
                                            "ELF\x02\x01",
                                            6)))
    return llvm::Error::success(); // the loader says what it is
  auto file = llvm::object::ELF64LEFile::create(contents);
  if (!file)
    return fail(path, "is damaged: " + llvm::toString(file.takeError()) + "; compile it again");
  auto segments = file->program_headers();
  if (!segments)
    return fail(path, "is damaged: " + llvm::toString(segments.takeError()) + "; compile it again");
  for (const auto &segment : *segments)
    if (segment.p_offset > contents.size() || segment.p_filesz > contents.size() - segment.p_offset)
      return fail(path, "is truncated; copy it or compile it again");
  return llvm::Error::success();
}

/// The loader only says that it finds no such file.
static llvm::Error checkMachine(llvm::StringRef path) {
  auto file = llvm::object::ObjectFile::createObjectFile(path);
  if (!file) {
    llvm::consumeError(file.takeError());
    return llvm::Error::success(); // the loader says what it is
  }
  llvm::Triple here(llvm::sys::getProcessTriple());
  llvm::Triple::ArchType arch = file->getBinary()->getArch();
  if (arch == here.getArch())
    return llvm::Error::success();
  return fail(path, "is for " + llvm::Triple::getArchTypeName(arch) + ", this machine is " +
                        here.getArchName() +
                        ": compile it with --harness and run NAME.elf, or with --target=host");
}

static llvm::Error checkModule(const qopt_module &module, llvm::StringRef path) {
  if (module.magic != QOPT_MAGIC)
    return fail(path, "is not a network compiled by qopt (bad magic number)");
  if (module.abi != QOPT_ABI)
    return fail(path, "was compiled for ABI " + llvm::Twine(module.abi) + ", this program knows " +
                          llvm::Twine(QOPT_ABI) + ": compile it again");
  if (module.size < sizeof(qopt_module))
    return fail(path, "has a truncated descriptor: compile it again");
  llvm::SmallVector<llvm::StringRef> names;
  llvm::StringRef(module.features).split(names, ',', -1, /*KeepEmpty=*/false);
  llvm::SmallVector<std::string> features(names.begin(), names.end());
  if (llvm::Error error = checkHostFeatures(features))
    return fail(path, "cannot run here: " + llvm::toString(std::move(error)) +
                          "; compile it with --target=generic or --target=host on this machine");
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<CompiledNetwork>> qopt::loadNativeModule(llvm::StringRef path) {
  if (llvm::Error error = checkComplete(path))
    return std::move(error);
  if (llvm::Error error = checkMachine(path))
    return std::move(error);
  llvm::SmallString<128> absolute(path); // a bare name would be searched for elsewhere
  llvm::sys::fs::make_absolute(absolute);
  std::shared_ptr<void> handle(dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL),
                               [](void *library) { library ? dlclose(library) : 0; });
  if (!handle) {
    const char *reason = dlerror();
    return fail(path, llvm::Twine("is not a shared library that this machine can load: ") +
                          (reason ? reason : "unknown reason"));
  }
  auto *module = static_cast<const qopt_module *>(dlsym(handle.get(), "qopt_module_v1"));
  if (!module)
    return fail(path, "is not a network compiled by qopt (it has no qopt_module_v1)");
  if (llvm::Error error = checkModule(*module, path))
    return std::move(error);
  return std::make_unique<CompiledNetwork>(*module, std::move(handle));
}
