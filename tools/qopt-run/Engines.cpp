// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which engine runs which level, and what a network's interface looks like.
#include "Engines.h"

#include "qopt/Dialect/QOpt/IR/PixelInput.h"
#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static ArrayType getArrayType(mlir::Type type) {
  std::optional<QuantParams> params = getQuantParams(type);
  if (!params)
    return ArrayType::F32;
  return params->isSigned ? ArrayType::I8 : ArrayType::U8;
}

static Port makePort(mlir::Type type, StringAttr name, StringRef fallback, unsigned index) {
  auto shaped = cast<ShapedType>(type);
  Port port;
  port.name = name ? name.str() : (fallback + Twine(index)).str();
  port.type = getArrayType(type);
  port.shape.assign(shaped.getShape().begin(), shaped.getShape().end());
  return port;
}

std::vector<Port> getInputPorts(func::FuncOp network) {
  std::vector<Port> ports;
  for (auto [index, type] : enumerate(network.getArgumentTypes())) {
    ports.push_back(
        makePort(type, network.getArgAttrOfType<StringAttr>(index, kNameAttr), "input", index));
    ports.back().holdsPixels = getPixelInput(network, index).has_value();
  }
  return ports;
}

std::vector<Port> getOutputPorts(func::FuncOp network) {
  std::vector<Port> ports;
  for (auto [index, type] : enumerate(network.getResultTypes()))
    ports.push_back(
        makePort(type, network.getResultAttrOfType<StringAttr>(index, kNameAttr), "output", index));
  return ports;
}

std::string getTapName(Operation *op, int64_t index) {
  std::string number = std::to_string(index);
  number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
  return number + "_" + getLayerName(op).str() + ":" + op->getName().stripDialect().str();
}

std::string getTapName(Operation *op) {
  return getTapName(op, std::distance(op->getBlock()->begin(), op->getIterator()));
}

/// What qopt-compile --harness writes.
static bool isExecutableName(StringRef path) { return path.ends_with(".elf"); }

Expected<EngineFactory> EngineFactory::open(const RunOptions &options) {
  EngineFactory factory(options);
  bool isExecutable = isExecutableName(options.model);
  if (!isExecutable &&
      (options.packets || !options.emulator.empty() || !options.emulatorCpu.empty()))
    return createStringError(options.model +
                             ": --packets, --emulator and --emulator-cpu are for executables; "
                             "make one: qopt-compile --harness, then run DIR/NAME.elf");
  if (isExecutable || StringRef(options.model).ends_with(".so"))
    return factory;
  ImportSettings settings;
  settings.batch = options.batch;
  Expected<Model> model = Model::open(options.model, settings);
  if (!model)
    return model.takeError();
  factory.model = std::make_unique<Model>(std::move(*model));
  return factory;
}

EngineKind EngineFactory::fastest() const {
  if (!model)
    return EngineKind::Native;
  switch (model->level()) {
  case Level::Float:
    return EngineKind::Float;
  case Level::Simulated:
    return EngineKind::Simulated;
  default:
    return EngineKind::Jit;
  }
}

static Level neededLevel(EngineKind kind) {
  if (kind == EngineKind::Float)
    return Level::Float;
  return kind == EngineKind::Simulated ? Level::Simulated : Level::Quantized;
}

/// The command that makes a model for `kind` out of `path`, which is at `level`.
static std::string makingCommand(EngineKind kind, StringRef path, Level level) {
  std::string command = ("qopt-compile " + path + " -o DIR").str();
  if (level == Level::Float)
    command += " --calibrate X.npy";
  if (kind == EngineKind::Simulated)
    return command + " --stop-after=calibrate, then run DIR/NAME.calibrate.mlir";
  return command + (kind == EngineKind::Native ? ", then run DIR/NAME.so"
                                               : ", then run "
                                                 "DIR/NAME.quantized.mlir");
}

Error EngineFactory::checkLevel(EngineKind kind) {
  auto fail = [&](const Twine &message) {
    return createStringError(inconvertibleErrorCode(), options->model + ": " + message);
  };
  StringRef name = getEngineName(kind);
  if (!model && kind != EngineKind::Native)
    return fail("is a compiled library, which only --engine=native runs; give the " + name +
                " engine the model or its NAME.quantized.mlir");
  if (!model)
    return Error::success();
  Level level = model->level();
  if (kind == EngineKind::Native)
    return fail("is no compiled library, which is what the native engine runs; make one: " +
                makingCommand(kind, options->model, level));
  if (level < neededLevel(kind))
    return fail("is at " + describe(level) + ", the " + name + " engine needs " +
                describe(neededLevel(kind)) +
                "; make it: " + makingCommand(kind, options->model, level));
  if (level > neededLevel(kind))
    return fail("is at " + describe(level) + ", past what the " + name +
                " engine runs; give it the model at " + describe(neededLevel(kind)));
  return Error::success();
}

Error EngineFactory::checkOptions(EngineKind kind) const {
  auto fail = [&](const Twine &message) {
    return createStringError(inconvertibleErrorCode(), options->model + ": " + message);
  };
  if (options->profile && kind != EngineKind::Jit)
    return fail("--profile needs --engine=jit and the quantized model, NAME.quantized.mlir");
  if (options->targetGiven && kind != EngineKind::Jit)
    return fail("--target is for the jit engine, not for " + getEngineName(kind) +
                "; leave it out");
  if (options->plainFloat && kind != EngineKind::Float && kind != EngineKind::Simulated)
    return fail("--plain-float is for the float engine, not for " + getEngineName(kind) +
                "; leave it out");
  if (options->batchGiven && !StringRef(options->model).ends_with(".onnx"))
    return fail("--batch is for ONNX models; the shapes of this one are in the file, leave it out");
  return Error::success();
}

Expected<std::unique_ptr<Engine>> EngineFactory::create(EngineKind kind, bool withTaps) {
  if (kind == EngineKind::Fastest)
    kind = fastest();
  if (Error error = checkLevel(kind))
    return std::move(error);
  if (kind == EngineKind::Native)
    return isExecutableName(options->model) ? makeExecutableEngine(*options)
                                            : makeNativeEngine(*options);
  Expected<func::FuncOp> network = model->network();
  if (!network)
    return network.takeError();
  auto engine = createFor(kind, *network, withTaps);
  if (!engine)
    return nameFile(model->path(), engine.takeError());
  return engine;
}

Expected<std::unique_ptr<Engine>> EngineFactory::createFor(EngineKind kind, func::FuncOp network,
                                                           bool withTaps) {
  switch (kind) {
  case EngineKind::Reference:
    return makeReferenceEngine(network, *options);
  case EngineKind::Jit:
    return makeJitEngine(network, *options, withTaps);
  default:
    return makeFloatEngine(network, *options, withTaps);
  }
}

} // namespace qopt
