// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Compile.h"
#include "Diagnose.h"
#include "HtmlReport.h"
#include "ModelFile.h"
#include "OptionChecks.h"
#include "Outputs.h"
#include "Preset.h"
#include "Report.h"
#include "Stages.h"

#include "qopt/Dialect/QOpt/IR/QOpt.h"
#include "qopt/Support/OutputFile.h"
#include "qopt/Target/Compile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace mlir;

namespace qopt {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

namespace {

/// One run of the tool: the model on its way down the levels.
class Compilation {
public:
  Compilation(DriverOptions given, std::vector<const Target *> targets, Model model)
      : options(std::move(given)), targets(std::move(targets)), target(*this->targets.front()),
        model(std::move(model)), startLevel(this->model.level()), folder(options) {}

  /// From levels 1 to 3.
  Error run();
  /// From levels 4 and 5.
  Error runProgram();

private:
  /// The network that everything after this sees takes pixels, if these are wanted.
  Error foldInput();
  /// Turns a preset into options.
  Error choose();
  /// Level by level; each returns at once where the model is past it already.
  Error prepare();
  Error calibrate();
  Error quantize();
  /// Machine code, headers and report.
  Error emit();
  Error emitKernels();
  Error printAssembly();
  Error emitMachineCode(const MemoryBuffer &object, const HarnessNetwork &network);
  Error emitHeaders(const codegen::ProgramInfo &program);
  Error emitReport(const codegen::ProgramInfo &program);
  Error warn();
  Diagnosis makeDiagnosis(func::FuncOp compiled);

  DriverOptions options;
  json::Value preset = nullptr; ///< what a preset tried and chose
  std::vector<std::string> warnings;
  std::vector<const Target *> targets;
  const Target &target; ///< the first
  Model model;
  int64_t importedMacs = 0;
  OwningOpRef<ModuleOp> imported; ///< a copy of the float network, kept for --html-report
  Level startLevel;
  OutputFolder folder;
};

} // namespace

Error Compilation::foldInput() {
  if (!options.pixelInput || model.level() != Level::Float)
    return Error::success();
  return runFoldInput(model.module(), model.path(), options);
}

Error Compilation::choose() {
  if (options.preset.empty() || model.level() != Level::Float)
    return Error::success();
  Expected<json::Value> chosen = choosePreset(options, model);
  if (!chosen)
    return chosen.takeError();
  preset = std::move(*chosen);
  return Error::success();
}

Error Compilation::prepare() {
  if (model.level() != Level::Float)
    return Error::success();
  Expected<func::FuncOp> network = model.network();
  if (!network)
    return network.takeError();
  importedMacs = countMacs(*network);
  if (options.htmlReport)
    imported = model.module().clone();
  return runPrepare(model.module(), model.path(), options);
}

Error Compilation::calibrate() {
  if (model.level() != Level::Float)
    return Error::success();
  if (options.calibrationData.empty() && options.rangesFile.empty())
    return fail(model.path() + ": a float network needs the ranges of its activations; pass "
                               "example inputs with --calibrate=X.npy, or --ranges=FILE of an "
                               "earlier run");
  return runCalibrate(model.module(), model.path(), options);
}

Error Compilation::quantize() {
  if (model.level() == Level::Float)
    return fail(model.path() +
                ": nothing in the network is quantized; give it a layer that computes, such "
                "as a convolution");
  if (model.level() != Level::Simulated)
    return Error::success();
  return runQuantize(model.module(), model.path(), options);
}

Error Compilation::run() {
  Expected<func::FuncOp> network = model.network();
  if (!network)
    return network.takeError();
  network->setName(options.name);
  if (Error error = folder.check())
    return error;
  struct Step {
    Stage stage;
    StringRef suffix;
    Error (Compilation::*work)();
  };
  const Step steps[] = {{Stage::Import, ".import.mlir", nullptr},
                        {Stage::All, "", &Compilation::foldInput},
                        {Stage::All, "", &Compilation::choose},
                        {Stage::Prepare, ".prepare.mlir", &Compilation::prepare},
                        {Stage::Calibrate, ".calibrate.mlir", &Compilation::calibrate},
                        {Stage::Quantize, ".quantized.mlir", &Compilation::quantize}};
  for (const Step &step : steps) {
    if (step.work)
      if (Error error = (this->*step.work)())
        return error;
    if (step.suffix.empty() || options.stopAfter != step.stage)
      continue;
    if (Error error = folder.stageModule(step.suffix, model.module()))
      return error;
    return folder.commit();
  }
  if (Error error = emit())
    return error;
  return folder.commit();
}

Error Compilation::emitReport(const codegen::ProgramInfo &program) {
  Expected<func::FuncOp> network = model.network();
  if (!network)
    return network.takeError();
  Expected<std::string> hash = hashFile(options.model);
  if (!hash)
    return hash.takeError();
  ReportContext context;
  context.options = &options;
  context.inputHash = std::move(*hash);
  context.target = join(map_range(targets, [](const Target *t) { return t->name; }), ",");
  context.numerics = stringifyContract(getContract(*network)).str();
  context.io = hasQuantizedInterface(*network) ? "quantized" : "float";
  context.fromFloat = startLevel == Level::Float;
  context.importedMacs = importedMacs;
  context.program = &program;
  context.preset = &preset;
  context.warnings = warnings;
  if (options.harness)
    context.machine = Triple(target.triple).getArchName().str();
  std::optional<Diagnosis> diagnosis;
  if (options.htmlReport) {
    diagnosis = makeDiagnosis(*network);
    context.diagnostics = &diagnosis->summary;
  }
  json::Value report = makeReport(*network, context);
  if (diagnosis)
    if (Error error = folder.stageText(".report.html",
                                       makeHtmlReport(options.name, report, diagnosis->details)))
      return error;
  return options.emit.report ? folder.stageJson(".report.json", report) : Error::success();
}

/// Of the network as it was imported.
Diagnosis Compilation::makeDiagnosis(func::FuncOp compiled) {
  if (!imported)
    return explainNoDiagnosis("the model was quantized before; start from the float model");
  if (options.calibrationData.empty())
    return explainNoDiagnosis("ranges came from a file; add example inputs with --calibrate=X.npy");
  func::FuncOp network; // the only public function: the model had no other
  for (auto candidate : imported->getOps<func::FuncOp>())
    if (candidate.isPublic())
      network = candidate;
  return diagnose(options, model.path(), network, compiled);
}

/// Of what is slow, but as it was asked for.
Error Compilation::warn() {
  Expected<func::FuncOp> network = model.network();
  if (!network)
    return network.takeError();
  warnings = findSlowContracts(*network, targets);
  for (const std::string &warning : warnings)
    errs() << "qopt-compile: warning: " << warning << "\n";
  return Error::success();
}

Error Compilation::emitKernels() {
  if (Error error = lowerToKernels(model.module(), target))
    return nameFile(model.path(), std::move(error));
  return folder.stageModule(".kernels.mlir", model.module());
}

Error Compilation::printAssembly() {
  Expected<std::string> text = getKernelAssembly(model.module(), target, options.dumpAsm);
  if (!text)
    return nameFile(model.path(), text.takeError());
  outs() << *text;
  return Error::success();
}

/// What is linked is linked from the object's file, wanted or not.
Error Compilation::emitMachineCode(const MemoryBuffer &object, const HarnessNetwork &network) {
  bool wantsShared = options.emit.shared && target.hostCanLink;
  if (!options.emit.object && !wantsShared && !options.harness)
    return Error::success();
  Expected<std::string> objectPath = folder.stage(".o", options.emit.object);
  if (!objectPath)
    return objectPath.takeError();
  if (Error error = writeOutputFile(*objectPath, object.getBuffer()))
    return error;
  if (options.harness) {
    Expected<std::string> path = folder.stage(".elf");
    if (!path)
      return path.takeError();
    if (Error error = linkExecutable(*objectPath, *path, target, network))
      return error;
  }
  if (!wantsShared)
    return Error::success();
  Expected<std::string> sharedPath = folder.stage(".so");
  if (!sharedPath)
    return sharedPath.takeError();
  return linkSharedLibrary(*objectPath, *sharedPath, network.name);
}

Error Compilation::emitHeaders(const codegen::ProgramInfo &program) {
  if (Error error = folder.stageText(".h", getHeaderText(program)))
    return error;
  return folder.stageFile("qopt_abi.h", getAbiHeaderText());
}

Error Compilation::emit() {
  if (Error error = warn())
    return error;
  if (options.stopAfter == Stage::Kernels)
    return emitKernels();
  if (!options.dumpAsm.empty())
    if (Error error = printAssembly())
      return error;
  Expected<CompiledObject> compiled = compileToObject(model.module(), targets);
  if (!compiled)
    return nameFile(model.path(), compiled.takeError());
  const codegen::ProgramInfo &program = compiled->programs.front();
  if (Error error = emitMachineCode(*compiled->object, getHarnessNetworks(model.module()).front()))
    return error;
  if (options.emit.quantized)
    if (Error error = folder.stageModule(".quantized.mlir", model.module()))
      return error;
  if (options.emit.header)
    if (Error error = emitHeaders(program))
      return error;
  return options.emit.report || options.htmlReport ? emitReport(program) : Error::success();
}

Error Compilation::runProgram() {
  if (Error error = folder.check())
    return error;
  std::string path = model.path().str();
  Expected<CompiledObject> compiled = compileProgram(model.takeModule(), target);
  if (!compiled)
    return nameFile(path, compiled.takeError());
  // Symbols are in the code already; only the files may be called otherwise.
  const codegen::ProgramInfo &program = compiled->programs.front();
  if (Error error = emitMachineCode(*compiled->object, {program.network, {}}))
    return error;
  if (options.emit.header)
    if (Error error = emitHeaders(program))
      return error;
  return folder.commit();
}

static Error checkTargets(const DriverOptions &options, ArrayRef<const Target *> targets) {
  if (options.harness && options.stopAfter != Stage::All)
    return fail("--harness: no code is made before the stage of --stop-after; leave one of the two "
                "out");
  if (options.harness)
    if (Error error = checkHarness(*targets.front()))
      return fail("--harness: " + toString(std::move(error)));
  for (const Target *target : targets)
    if (options.emitGiven && options.emit.shared && !target->hostCanLink)
      return fail("--emit=so: a shared library for " + target->name +
                  " cannot be linked here; leave out so");
  if (options.stopAfter == Stage::Kernels && targets.size() > 1)
    return fail("--stop-after=kernels: kernels are made for one target; give one --target");
  return Error::success();
}

Error compile(const DriverOptions &options) {
  Expected<std::vector<const Target *>> targets = lookupTargets(options.target);
  if (!targets)
    return targets.takeError();
  if (Error error = checkTargets(options, *targets))
    return error;
  ImportSettings settings;
  settings.batch = options.batch;
  settings.nhwcInterface = options.nhwcInterface;
  Expected<Model> model = Model::open(options.model, settings);
  if (!model)
    return model.takeError();
  if (Error error = checkOptions(options, *model))
    return error;
  DriverOptions resolved = options;
  if (model->level() < Level::Quantized)
    if (Error error = chooseDefaults(resolved, *targets))
      return error;
  bool isProgram = model->level() > Level::Quantized;
  if (isProgram && (targets->size() > 1 || !options.dumpAsm.empty()))
    return fail(model->path() + ": is made for one target already and knows no layers; give one "
                                "--target and leave out --dump-asm");
  Compilation compilation(std::move(resolved), std::move(*targets), std::move(*model));
  return isProgram ? compilation.runProgram() : compilation.run();
}

} // namespace qopt
