// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiled program with writable biases, once for each worker: code and biases are shared.
#include "TunableNetwork.h"

#include "qopt/ExecutionEngine/CompiledNetwork.h"
#include "qopt/InitAll.h"

#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace qopt;

/// Any identifier will do: the network is alone in its module.
static constexpr llvm::StringLiteral kNetworkName = "network";

namespace {

class TunableJit final : public TunableNetwork {
public:
  TunableJit(func::FuncOp function, std::unique_ptr<CompiledNetwork> network, unsigned workers);

  llvm::Expected<SmallVector<Tensor>> run(unsigned worker, ArrayRef<Tensor> inputs,
                                          ArrayRef<Value> taps) override;
  llvm::Error addToBias(WeightedOpInterface layer, ArrayRef<int32_t> deltas) override {
    return workers.front().network->addToBias(positions.lookup(layer), deltas);
  }

private:
  struct Worker {
    std::unique_ptr<CompiledNetwork> network;
    std::vector<std::vector<char>> inputs, outputs;
  };

  llvm::Expected<Tensor> read(const Worker &worker, Value tap) const;
  size_t countSteps(ArrayRef<Value> taps) const;

  func::FuncOp function;
  llvm::DenseMap<Operation *, int64_t> positions;
  std::vector<Worker> workers;
};

} // namespace

static size_t getBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  bool wide = tensor.getElementType().isF32() || tensor.getElementType().isInteger(32);
  return tensor.getNumElements() * (wide ? 4 : 1);
}

TunableJit::TunableJit(func::FuncOp function, std::unique_ptr<CompiledNetwork> network,
                       unsigned numWorkers)
    : function(function) {
  for (auto [position, op] : llvm::enumerate(function.front()))
    positions[&op] = position;
  for (unsigned i = 0; i < numWorkers; ++i) {
    Worker &worker = workers.emplace_back();
    worker.network = i == 0 ? std::move(network) : workers.front().network->share();
    worker.inputs.resize(function.getNumArguments());
    for (Type type : function.getResultTypes())
      worker.outputs.emplace_back(getBytes(type));
  }
}

llvm::Expected<Tensor> TunableJit::read(const Worker &worker, Value tap) const {
  auto type = cast<RankedTensorType>(tap.getType());
  int64_t position = positions.lookup(tap.getDefiningOp());
  for (const codegen::TensorInfo &tensor : worker.network->getProgram().tensors)
    if (tensor.op == position)
      return Tensor::fromBytes(type, worker.network->readTensor(tensor).data());
  func::FuncOp network = function;
  for (OpOperand &result : network.front().getTerminator()->getOpOperands())
    if (result.get() == tap)
      return Tensor::fromBytes(type, worker.outputs[result.getOperandNumber()].data());
  return llvm::createStringError("the compiled program does not keep the result of layer '" +
                                 getLayerName(tap.getDefiningOp()) + "'; use engine=reference");
}

llvm::Expected<SmallVector<Tensor>> TunableJit::run(unsigned index, ArrayRef<Tensor> inputs,
                                                    ArrayRef<Value> taps) {
  Worker &worker = workers[index];
  SmallVector<const void *> from;
  SmallVector<void *> to;
  for (auto [type, input, bytes] :
       llvm::zip_equal(function.getArgumentTypes(), inputs, worker.inputs)) {
    if (input.isReal()) {
      from.push_back(input.reals().data());
      continue;
    }
    bytes.resize(input.size());
    input.toBytes(cast<RankedTensorType>(type), bytes.data());
    from.push_back(bytes.data());
  }
  for (std::vector<char> &bytes : worker.outputs)
    to.push_back(bytes.data());
  if (llvm::Error error = worker.network->runSteps(from, to, countSteps(taps)))
    return std::move(error);
  SmallVector<Tensor> seen;
  for (Value tap : taps) {
    if (auto argument = dyn_cast<BlockArgument>(tap)) {
      seen.push_back(inputs[argument.getArgNumber()]);
      continue;
    }
    llvm::Expected<Tensor> tensor = read(worker, tap);
    if (!tensor)
      return tensor.takeError();
    seen.push_back(std::move(*tensor));
  }
  return seen;
}

/// Later layers do not change what `taps` hold: as many of the leading steps as these need.
size_t TunableJit::countSteps(ArrayRef<Value> taps) const {
  int64_t last = -1;
  for (Value tap : taps)
    if (Operation *op = tap.getDefiningOp())
      last = std::max(last, positions.lookup(op));
  ArrayRef<codegen::StepInfo> steps = workers.front().network->getProgram().steps;
  while (!steps.empty() && steps.back().op > last)
    steps = steps.drop_back();
  return steps.size();
}

/// The network as the text of a module of its own.
static std::string print(func::FuncOp function) {
  OwningOpRef<ModuleOp> module(ModuleOp::create(UnknownLoc::get(function.getContext())));
  func::FuncOp copy = function.clone();
  copy.setName(kNetworkName);
  copy.setPublic();
  module->push_back(copy);
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  return text;
}

llvm::Expected<std::unique_ptr<TunableNetwork>> qopt::createTunableJit(func::FuncOp function,
                                                                       unsigned workers) {
  llvm::Expected<const Target *> target = lookupTarget("host");
  if (!target)
    return target.takeError();
  // In a context of its own: a pass must not load dialects into the one that it runs in.
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(print(function), &context);
  if (!module)
    return llvm::createStringError("network '" + function.getName() + "' cannot be compiled");
  CompileOptions options;
  options.keepAll = options.patchable = true;
  auto network = jitCompile(*module, kNetworkName, **target, options);
  if (!network)
    return network.takeError();
  return std::make_unique<TunableJit>(function, std::move(*network), workers);
}
