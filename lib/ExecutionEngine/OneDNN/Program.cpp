// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Program.h"

#include "llvm/Support/MathExtras.h"

using namespace qopt;
using namespace qopt::onednn;

static constexpr size_t kAlignment = 64;

//===----------------------------------------------------------------------===//
// Arena
//===----------------------------------------------------------------------===//

namespace {

/// Slots that no live buffer occupies; takes the one that wastes least.
class SlotPool {
public:
  explicit SlotPool(std::vector<size_t> &sizes) : sizes(sizes) {}

  unsigned take(size_t bytes) {
    auto better = [&](unsigned a, unsigned b) { return waste(a, bytes) < waste(b, bytes); };
    auto best = std::min_element(free.begin(), free.end(), better);
    if (best == free.end()) {
      sizes.push_back(bytes);
      return sizes.size() - 1;
    }
    unsigned slot = *best;
    free.erase(best);
    sizes[slot] = std::max(sizes[slot], bytes);
    return slot;
  }
  void release(unsigned slot) { free.push_back(slot); }

private:
  /// Bytes left over, or bytes to grow by.
  size_t waste(unsigned slot, size_t bytes) const {
    return sizes[slot] > bytes ? sizes[slot] - bytes : bytes - sizes[slot];
  }

  std::vector<size_t> &sizes;
  std::vector<unsigned> free;
};

} // namespace

void Program::assignSlots() {
  std::vector<size_t> lastUse(buffers.size(), 0);
  for (size_t i = 0; i < steps.size(); ++i)
    for (BufferId buffer : steps[i].touched)
      lastUse[buffer] = i;
  for (BufferId buffer : results)
    lastUse[buffer] = steps.size();

  SlotPool pool(slots);
  std::vector<bool> placed(buffers.size(), false);
  for (size_t i = 0; i < steps.size(); ++i) {
    for (BufferId id : steps[i].touched)
      if (buffers[id].kind == Buffer::Kind::Activation && !placed[id]) {
        buffers[id].index = pool.take(buffers[id].bytes);
        placed[id] = true;
      }
    std::vector<BufferId> dying = steps[i].touched;
    std::sort(dying.begin(), dying.end());
    dying.erase(std::unique(dying.begin(), dying.end()), dying.end());
    for (BufferId id : dying)
      if (buffers[id].kind == Buffer::Kind::Activation && lastUse[id] == i)
        pool.release(buffers[id].index);
  }
}

//===----------------------------------------------------------------------===//
// Frame
//===----------------------------------------------------------------------===//

Frame::Frame(const Program &program) : program(program), stream(program.engine) {
  size_t scratchpadBytes = 0, bytes = kAlignment;
  for (const Step &step : program.steps)
    scratchpadBytes = std::max(scratchpadBytes, step.scratchpad.get_size());
  for (size_t slot : program.slots)
    bytes += llvm::alignTo(slot, kAlignment);
  storage.resize(bytes + scratchpadBytes);

  auto *next = reinterpret_cast<char *>(
      llvm::alignTo(reinterpret_cast<uintptr_t>(storage.data()), kAlignment));
  for (size_t slot : program.slots) {
    slotPointers.push_back(next);
    next += llvm::alignTo(slot, kAlignment);
  }
  scratchpad = next;
  inputPointers.resize(program.inputElements.size(), nullptr);
  for (const Step &step : program.steps) {
    std::unordered_map<int, dnnl::memory> &arguments = stepArguments.emplace_back();
    for (const Argument &argument : step.arguments)
      arguments.emplace(argument.role, bind(argument));
    if (step.scratchpad.get_size() != 0)
      arguments.emplace(DNNL_ARG_SCRATCHPAD,
                        dnnl::memory(step.scratchpad, program.engine, scratchpad));
  }
}

dnnl::memory Frame::bind(const Argument &argument) {
  const Buffer &buffer = program.buffers[argument.buffer];
  if (buffer.kind == Buffer::Kind::Constant)
    return buffer.constant;
  if (buffer.kind == Buffer::Kind::Activation)
    return {argument.desc, program.engine, slotPointers[buffer.index]};
  dnnl::memory memory(argument.desc, program.engine, nullptr);
  inputMemories.emplace_back(buffer.index, memory);
  return memory;
}

void Frame::bindInputs(llvm::ArrayRef<llvm::ArrayRef<float>> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    inputPointers[i] = inputs[i].data();
  for (auto &[index, memory] : inputMemories)
    memory.set_data_handle(const_cast<float *>(inputPointers[index]));
}

float *Frame::pointer(BufferId id) const {
  const Buffer &buffer = program.buffers[id];
  switch (buffer.kind) {
  case Buffer::Kind::Activation:
    return reinterpret_cast<float *>(slotPointers[buffer.index]);
  case Buffer::Kind::Input:
    return const_cast<float *>(inputPointers[buffer.index]);
  case Buffer::Kind::Constant:
    break;
  }
  return static_cast<float *>(buffer.constant.get_data_handle());
}

llvm::Error Frame::run(FloatEngine::Tap tap) {
  for (size_t i = 0; i < program.steps.size(); ++i) {
    const Step &step = program.steps[i];
    if (step.tapped) {
      size_t elements = program.buffers[step.touched[0]].bytes / sizeof(float);
      if (tap)
        tap(step.tapped, {pointer(step.touched[0]), elements});
    } else if (step.primitive) {
      step.primitive.execute(stream, stepArguments[i]);
    } else if (llvm::Error error = step.plain(*this)) {
      return error;
    }
  }
  stream.wait();
  return llvm::Error::success();
}
