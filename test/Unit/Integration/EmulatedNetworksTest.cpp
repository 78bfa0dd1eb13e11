// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reference = machine code of other machines, byte for byte, on random networks under qemu: fifty
// networks to one start of the emulator, for one to four tasks.
//   QOPT_EMULATED_NETWORKS=COUNT  networks for each target; 200 without it
//   QOPT_RANDOM_FIRST=NUMBER      the first of them
#include "RandomModule.h"

#include "qopt/Support/OutputFile.h"
#include "qopt/Support/TemporaryFolder.h"
#include "qopt/Target/Compile.h"
#include "qopt/Target/Target.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <atomic>
#include <ostream>
#include <thread>

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

namespace {

/// The least CPU that runs a target's code, so that a feature used in excess kills the program.
struct Machine {
  const char *target, *emulator, *cpu;
};
void PrintTo(const Machine &machine, std::ostream *os) { *os << machine.target; }

constexpr Machine kMachines[] = {{"arm-neon", "qemu-aarch64", "cortex-a72"},
                                 {"arm-dotprod", "qemu-aarch64", "cortex-a76"},
                                 {"arm-i8mm", "qemu-aarch64", "max"},
                                 {"hexagon-hvx", "qemu-hexagon", "v67"}};

void write(llvm::StringRef path, ArrayRef<char> bytes) {
  std::error_code error;
  llvm::raw_fd_ostream(path, error) << llvm::StringRef(bytes.data(), bytes.size());
  EXPECT_FALSE(error) << path.str();
}

std::vector<char> read(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, false, false);
  if (!buffer)
    return {};
  return std::vector<char>((*buffer)->getBufferStart(), (*buffer)->getBufferEnd());
}

/// Compiles and links a module and runs all its networks in one start of the emulator.
class EmulatedModule {
public:
  EmulatedModule(unsigned number, const Machine &machine)
      : machine(machine), target(*llvm::cantFail(lookupTarget(machine.target))), random(number),
        networks(number), module(networks.select([](unsigned) { return true; })) {}

  void compare() {
    if (llvm::Error error = link()) {
      ADD_FAILURE() << describe() << ": " << llvm::toString(std::move(error));
      return;
    }
    unsigned index = 0;
    for (auto function : module->getOps<func::FuncOp>())
      addJob(function, index++);
    if (start())
      checkResults();
  }

private:
  std::string describe() const { return networks.describe() + ", " + machine.target; }

  llvm::Error link() {
    auto compiled = compileToObject(*module, target);
    if (!compiled)
      return compiled.takeError();
    std::string object = folder.file("all.o");
    if (llvm::Error error = writeOutputFile(object, compiled->object->getBuffer()))
      return error;
    return linkExecutable(object, folder.file("all.elf"), target, getHarnessNetworks(*module));
  }

  /// Inputs, the results that are wanted, and the words of the command line.
  void addJob(func::FuncOp function, unsigned index) {
    Buffers inputs = makeInputs(function, random);
    if (index > 0)
      arguments.push_back("--");
    arguments.push_back("--network=" + std::to_string(index));
    arguments.push_back("--tasks=" + std::to_string(random.range(1, kMaxTasks)));
    arguments.push_back("--codes");
    for (auto [i, bytes] : llvm::enumerate(inputs)) {
      arguments.push_back(folder.file("in" + llvm::Twine(index) + "." + llvm::Twine(i)));
      write(arguments.back(), bytes);
    }
    expected.push_back(interpret(function, inputs));
    for (size_t i = 0; i < expected.back().size(); ++i)
      arguments.push_back(output(index, i));
  }

  std::string output(unsigned network, size_t result) const {
    return folder.file("out" + llvm::Twine(network) + "." + llvm::Twine(result));
  }

  bool start() {
    std::string program = *llvm::sys::findProgramByName(machine.emulator);
    std::string elf = folder.file("all.elf"), errors = folder.file("errors");
    SmallVector<llvm::StringRef> words = {program, "-cpu", machine.cpu, elf};
    words.append(arguments.begin(), arguments.end());
    int status = llvm::sys::ExecuteAndWait(program, words, std::nullopt,
                                           {llvm::StringRef(""), llvm::StringRef(""), errors}, 300);
    if (status == 0)
      return true;
    std::vector<char> text = read(errors);
    ADD_FAILURE() << describe() << ": exit status " << status << ", "
                  << std::string(text.begin(), text.end());
    return false;
  }

  void checkResults() {
    for (auto [index, function] : llvm::enumerate(module->getOps<func::FuncOp>()))
      for (auto [result, bytes] : llvm::enumerate(expected[index]))
        if (read(output(index, result)) != bytes)
          ADD_FAILURE() << describe() << ", result " << result << ":\n" << print(function);
  }

  const Machine &machine;
  const Target &target;
  Random random;
  RandomModule networks;
  OwningOpRef<ModuleOp> module;
  TemporaryFolder folder = llvm::cantFail(TemporaryFolder::create("qopt-emulated"));
  std::vector<std::string> arguments;
  std::vector<Buffers> expected;
};

class EmulatedNetworks : public testing::TestWithParam<Machine> {};

TEST_P(EmulatedNetworks, MachineCodeEqualsReference) {
  const Machine &machine = GetParam();
  if (!llvm::sys::findProgramByName(machine.emulator))
    GTEST_SKIP() << machine.emulator << " is not installed: install qemu-user";
  auto [first, end] = getModuleNumbers("QOPT_EMULATED_NETWORKS", 200);
  std::atomic<unsigned> next{first};
  auto work = [&, end = end] {
    for (unsigned number = next++; number < end; number = next++)
      EmulatedModule(number, machine).compare();
  };
  std::thread other(work);
  work();
  other.join();
}

INSTANTIATE_TEST_SUITE_P(Targets, EmulatedNetworks, testing::ValuesIn(kMachines),
                         [](const auto &info) {
                           std::string name = info.param.target;
                           llvm::replace(name, '-', '_');
                           return name;
                         });

} // namespace
