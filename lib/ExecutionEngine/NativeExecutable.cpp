// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Samples and results travel in temporary files; lib/Target/Harness/Main.c is the other side.
#include "qopt/ExecutionEngine/NativeExecutable.h"

#include "qopt/Support/OutputFile.h"
#include "qopt/Support/TemporaryFolder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

using namespace qopt;

namespace {

/// An emulated machine.
struct Machine {
  llvm::Triple::ArchType arch;
  const char *emulator, *cpu, *package;
};

/// Debian's qemu-hexagon calls the machines up to v67 by this name; ELF files say v66 or later.
constexpr Machine kMachines[] = {
    {llvm::Triple::aarch64, "qemu-aarch64", "max", "qemu-user"},
    {llvm::Triple::hexagon, "qemu-hexagon", "v67", "qemu-user"},
};

} // namespace

llvm::Error NativeExecutable::fail(const llvm::Twine &reason) const {
  return llvm::createStringError("'" + llvm::Twine(path) + "' " + reason);
}

/// The machine of an executable of ours, or the reason why it is none.
static llvm::Expected<llvm::Triple::ArchType> readMachine(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("cannot be read: " + buffer.getError().message());
  auto file = llvm::object::ObjectFile::createELFObjectFile((*buffer)->getMemBufferRef());
  if (!file)
    return llvm::createStringError("is no ELF file, or damaged: " +
                                   llvm::toString(file.takeError()));
  bool isOurs = false;
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    if (!name)
      return llvm::createStringError("is damaged: " + llvm::toString(name.takeError()));
    isOurs |= *name == "qopt_harness_networks";
  }
  if (!isOurs || !llvm::cast<llvm::object::ELFObjectFileBase>(**file).getEType() ||
      (*file)->isRelocatableObject())
    return llvm::createStringError("is no executable made by qopt-compile --harness");
  return (*file)->getArch();
}

llvm::Error NativeExecutable::findEmulator() {
  llvm::Expected<llvm::Triple::ArchType> arch = readMachine(path);
  if (!arch)
    return fail(llvm::toString(arch.takeError()));
  std::string wanted = options.emulation.emulator;
  if (wanted.empty())
    wanted = llvm::sys::Process::GetEnv("QOPT_EMULATOR").value_or("");
  llvm::Triple host(llvm::sys::getProcessTriple());
  if (wanted.empty() && host.getArch() == *arch)
    return llvm::Error::success();
  const auto *machine =
      llvm::find_if(kMachines, [&](const Machine &known) { return known.arch == *arch; });
  if (machine == std::end(kMachines))
    return fail("is for " + llvm::Triple::getArchTypeName(*arch) +
                ", which this program knows no emulator of");
  if (wanted.empty())
    wanted = machine->emulator;
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName(wanted);
  if (!program)
    return fail("is for " + llvm::Triple::getArchTypeName(*arch) + " and the emulator '" + wanted +
                "' is not installed; install " + machine->package +
                " or name another with --emulator");
  launcher = {*program, "-cpu",
              options.emulation.cpu.empty() ? machine->cpu : options.emulation.cpu};
  return llvm::Error::success();
}

static std::string readText(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, true, /*IsVolatile=*/true);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

llvm::Expected<std::string> NativeExecutable::start(llvm::ArrayRef<std::string> arguments) const {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create("qopt-run");
  if (!folder)
    return folder.takeError();
  std::string printed = folder->file("printed"), complaints = folder->file("complaints");
  llvm::SmallString<128> program(path); // a bare name would be searched for elsewhere
  llvm::sys::fs::make_absolute(program);
  llvm::SmallVector<llvm::StringRef> words(launcher.begin(), launcher.end());
  words.push_back(program);
  words.append(arguments.begin(), arguments.end());
  std::string message;
  bool failed = false;
  int status = llvm::sys::ExecuteAndWait(words.front(), words, std::nullopt,
                                         {llvm::StringRef(""), printed, complaints}, 0, 0, &message,
                                         &failed);
  if (status == 0 && !failed)
    return readText(printed);
  std::string reason = llvm::StringRef(readText(complaints)).split('\n').first.str();
  if (reason.empty())
    reason = message.empty() ? "exit status " + std::to_string(status) : message;
  return fail("failed" + llvm::Twine(launcher.empty() ? "" : " under ") +
              llvm::join(launcher, " ") + ": " + reason);
}

llvm::Error NativeExecutable::readTensor(llvm::StringRef line, std::vector<Tensor> &tensors) const {
  auto [type, rest] = line.split(' ');
  auto [dims, name] = rest.split(' ');
  static constexpr std::pair<llvm::StringLiteral, ArrayType> types[] = {
      {"f32", ArrayType::F32}, {"i8", ArrayType::I8},   {"u8", ArrayType::U8},
      {"i16", ArrayType::I16}, {"i32", ArrayType::I32}, {"i64", ArrayType::I64}};
  Tensor tensor{name.str(), ArrayType::F32, {}};
  const auto *known = llvm::find_if(types, [&](const auto &entry) { return entry.first == type; });
  bool valid = known != std::end(types);
  for (llvm::StringRef dim : llvm::split(dims, 'x')) {
    int64_t size = 0;
    valid = valid && !dim.getAsInteger(10, size) && size > 0;
    tensor.shape.push_back(size);
  }
  if (!valid)
    return fail("describes a tensor as '" + line + "', which this program does not understand");
  if (options.codes || (known->second != ArrayType::I8 && known->second != ArrayType::U8))
    tensor.type = known->second;
  tensors.push_back(std::move(tensor));
  return llvm::Error::success();
}

llvm::Error NativeExecutable::describe() {
  llvm::Expected<std::string> text = start({"--describe"});
  if (!text)
    return text.takeError();
  if (text->empty())
    return fail("does not describe itself; check the emulator, and that there is space for "
                "temporary files (TMPDIR)");
  if (!llvm::StringRef(*text).starts_with("qopt-harness 1\n"))
    return fail("has a harness of another version; compile it again");
  unsigned networks = 0;
  for (llvm::StringRef line : llvm::split(*text, '\n')) {
    auto [key, rest] = line.split(' ');
    networks += key == "network";
    if (key != "input" && key != "output")
      continue;
    if (llvm::Error error = readTensor(rest, key == "input" ? inputs : outputs))
      return error;
  }
  if (networks != 1)
    return fail("holds " + llvm::Twine(networks) + " networks; this program runs one");
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<NativeExecutable>>
NativeExecutable::open(llvm::StringRef path, const ExecutableOptions &options) {
  std::unique_ptr<NativeExecutable> executable(new NativeExecutable(path, options));
  if (llvm::Error error = executable->findEmulator())
    return std::move(error);
  if (llvm::Error error = executable->describe())
    return std::move(error);
  return executable;
}

/// "packets 123" and "runs 4", one to a line.
llvm::Error NativeExecutable::readCounts(llvm::StringRef text) {
  for (llvm::StringRef line : llvm::split(text, '\n')) {
    auto [key, value] = line.split(' ');
    uint64_t *field = key == "runs" ? &counts.runs : key == "packets" ? &counts.packets : nullptr;
    if (field && value.getAsInteger(10, *field))
      return fail("prints '" + line + "', which this program does not understand");
  }
  return llvm::Error::success();
}

static uint64_t countBytes(const NativeExecutable::Tensor &tensor, int64_t calls) {
  return calls * ArrayView{"", tensor.type, tensor.shape, nullptr}.numBytes();
}

llvm::Error NativeExecutable::run(int64_t calls, llvm::ArrayRef<const void *> samples,
                                  llvm::ArrayRef<void *> results) {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create("qopt-run");
  if (!folder)
    return folder.takeError();
  std::vector<std::string> arguments = {"--tasks=" + std::to_string(options.tasks)};
  if (options.codes)
    arguments.push_back("--codes");
  if (options.counts)
    arguments.push_back("--packets");
  size_t first = arguments.size() + inputs.size();
  for (auto [index, input] : llvm::enumerate(inputs)) {
    arguments.push_back(folder->file("input" + llvm::Twine(index)));
    llvm::StringRef bytes(static_cast<const char *>(samples[index]), countBytes(input, calls));
    if (llvm::Error error = writeOutputFile(arguments.back(), bytes))
      return error;
  }
  for (size_t index = 0; index < outputs.size(); ++index)
    arguments.push_back(folder->file("output" + llvm::Twine(index)));
  llvm::Expected<std::string> text = start(arguments);
  if (!text)
    return text.takeError();
  for (auto [index, output] : llvm::enumerate(outputs)) {
    std::string bytes = readText(arguments[first + index]);
    if (bytes.size() != countBytes(output, calls))
      return fail("wrote " + llvm::Twine(bytes.size()) + " bytes for '" + output.name +
                  "' instead of " + llvm::Twine(countBytes(output, calls)));
    llvm::copy(bytes, static_cast<char *>(results[index]));
  }
  return readCounts(*text);
}
