// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ProgramInfo as an attribute: it travels with the program and prints with it.
#include "qopt/Codegen/ProgramInfo.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace qopt::codegen;

namespace {

/// Writes a dictionary member by member.
class Writer {
public:
  explicit Writer(MLIRContext *context) : builder(context) {}

  void add(StringRef name, int64_t value) { add(name, builder.getI64IntegerAttr(value)); }
  void add(StringRef name, StringRef value) { add(name, builder.getStringAttr(value)); }
  void add(StringRef name, Attribute value) {
    members.push_back(builder.getNamedAttr(name, value));
  }
  DictionaryAttr get() { return builder.getDictionaryAttr(members); }

  Builder builder;

private:
  SmallVector<NamedAttribute> members;
};

int64_t getInt(DictionaryAttr dictionary, StringRef name) {
  auto value = dictionary.getAs<IntegerAttr>(name);
  return value ? value.getInt() : 0;
}

std::string getString(DictionaryAttr dictionary, StringRef name) {
  auto value = dictionary.getAs<StringAttr>(name);
  return value ? value.str() : "";
}

DictionaryAttr writeStep(MLIRContext *context, const StepInfo &step) {
  Writer writer(context);
  writer.add("layer", StringRef(step.layer));
  writer.add("op", step.op);
  writer.add("kernel", FlatSymbolRefAttr::get(context, step.kernel));
  writer.add("rows", StringRef(step.rows));
  if (step.isCopy)
    writer.add("copy", writer.builder.getUnitAttr());
  writer.add("max_tasks", step.maxTasks);
  writer.add("constant_bytes", step.constantBytes);
  return writer.get();
}

StepInfo readStep(DictionaryAttr step) {
  StepInfo info;
  info.layer = getString(step, "layer");
  info.op = getInt(step, "op");
  if (auto kernel = step.getAs<FlatSymbolRefAttr>("kernel"))
    info.kernel = kernel.getValue().str();
  info.rows = getString(step, "rows");
  info.isCopy = step.contains("copy");
  info.maxTasks = getInt(step, "max_tasks");
  info.constantBytes = getInt(step, "constant_bytes");
  return info;
}

/// Sizes and strides in the order n, h, w, c, image, row, pixel, element; the halo on its own.
DictionaryAttr writeTensor(MLIRContext *context, const TensorInfo &tensor) {
  const BufferLayout &layout = tensor.layout;
  Writer writer(context);
  writer.add("op", tensor.op);
  writer.add("result", tensor.result);
  writer.add("layer", StringRef(tensor.layer));
  writer.add("offset", tensor.offset);
  writer.add("layout", writer.builder.getDenseI64ArrayAttr(
                           {layout.n, layout.h, layout.w, layout.c, layout.imageStride,
                            layout.rowStride, layout.pixelStride, layout.elementBytes}));
  writer.add("halo", writer.builder.getDenseI64ArrayAttr({layout.halo.top, layout.halo.left,
                                                          layout.halo.bottom, layout.halo.right}));
  writer.add("float", writer.builder.getBoolAttr(layout.isFloat));
  writer.add("flipped", writer.builder.getBoolAttr(layout.flipped));
  return writer.get();
}

TensorInfo readTensor(DictionaryAttr tensor) {
  TensorInfo info;
  info.op = getInt(tensor, "op");
  info.result = getInt(tensor, "result");
  info.layer = getString(tensor, "layer");
  info.offset = getInt(tensor, "offset");
  auto sizes = tensor.getAs<DenseI64ArrayAttr>("layout");
  auto halo = tensor.getAs<DenseI64ArrayAttr>("halo");
  auto isFloat = tensor.getAs<BoolAttr>("float"), flipped = tensor.getAs<BoolAttr>("flipped");
  if (!sizes || sizes.size() != 8 || !halo || halo.size() != 4 || !isFloat || !flipped)
    return info;
  BufferLayout &layout = info.layout;
  layout.n = sizes[0], layout.h = sizes[1], layout.w = sizes[2], layout.c = sizes[3];
  layout.imageStride = sizes[4], layout.rowStride = sizes[5], layout.pixelStride = sizes[6];
  layout.elementBytes = sizes[7];
  layout.halo = {halo[0], halo[1], halo[2], halo[3]};
  layout.isFloat = isFloat.getValue();
  layout.flipped = flipped.getValue();
  return info;
}

DictionaryAttr writeBias(MLIRContext *context, const BiasInfo &bias) {
  Writer writer(context);
  writer.add("op", bias.op);
  writer.add("symbol", StringRef(bias.symbol));
  writer.add("offset", bias.offset);
  writer.add("channels", writer.builder.getDenseI64ArrayAttr(bias.channels));
  return writer.get();
}

BiasInfo readBias(DictionaryAttr bias) {
  BiasInfo info;
  info.op = getInt(bias, "op");
  info.symbol = getString(bias, "symbol");
  info.offset = getInt(bias, "offset");
  if (auto channels = bias.getAs<DenseI64ArrayAttr>("channels"))
    info.channels = channels.asArrayRef().vec();
  return info;
}

} // namespace

const StepInfo *ProgramInfo::findStep(Operation *layer) const {
  int64_t position = std::distance(layer->getBlock()->begin(), Block::iterator(layer));
  for (const StepInfo &step : llvm::reverse(steps))
    if (step.op == position && !step.isCopy)
      return &step;
  return nullptr;
}

DictionaryAttr ProgramInfo::toAttribute(MLIRContext *context) const {
  Writer writer(context);
  writer.add("network", StringRef(network));
  writer.add("arena_bytes", arenaBytes);
  writer.add("arena_lower_bound", arenaLowerBound);
  writer.add("task_bytes", taskBytes);
  writer.add("alignment", alignment);
  writer.add("constant_bytes", constantBytes);
  SmallVector<StringRef> inputTexts(inputs.begin(), inputs.end());
  SmallVector<StringRef> outputTexts(outputs.begin(), outputs.end());
  writer.add("inputs", writer.builder.getStrArrayAttr(inputTexts));
  writer.add("outputs", writer.builder.getStrArrayAttr(outputTexts));
  SmallVector<Attribute> stepAttrs, tensorAttrs, biasAttrs;
  for (const StepInfo &step : steps)
    stepAttrs.push_back(writeStep(context, step));
  for (const TensorInfo &tensor : tensors)
    tensorAttrs.push_back(writeTensor(context, tensor));
  for (const BiasInfo &bias : biases)
    biasAttrs.push_back(writeBias(context, bias));
  writer.add("steps", ArrayAttr::get(context, stepAttrs));
  if (!tensors.empty())
    writer.add("tensors", ArrayAttr::get(context, tensorAttrs));
  if (!biases.empty())
    writer.add("biases", ArrayAttr::get(context, biasAttrs));
  return writer.get();
}

ProgramInfo ProgramInfo::fromAttribute(DictionaryAttr attribute) {
  ProgramInfo info;
  info.network = getString(attribute, "network");
  info.arenaBytes = getInt(attribute, "arena_bytes");
  info.arenaLowerBound = getInt(attribute, "arena_lower_bound");
  info.taskBytes = getInt(attribute, "task_bytes");
  info.alignment = getInt(attribute, "alignment");
  info.constantBytes = getInt(attribute, "constant_bytes");
  for (auto [name, texts] : {std::pair("inputs", &info.inputs), {"outputs", &info.outputs}})
    if (auto array = attribute.getAs<ArrayAttr>(name))
      for (auto text : array.getAsRange<StringAttr>())
        texts->push_back(text.str());
  if (auto steps = attribute.getAs<ArrayAttr>("steps"))
    for (auto step : steps.getAsRange<DictionaryAttr>())
      info.steps.push_back(readStep(step));
  if (auto tensors = attribute.getAs<ArrayAttr>("tensors"))
    for (auto tensor : tensors.getAsRange<DictionaryAttr>())
      info.tensors.push_back(readTensor(tensor));
  if (auto biases = attribute.getAs<ArrayAttr>("biases"))
    for (auto bias : biases.getAsRange<DictionaryAttr>())
      info.biases.push_back(readBias(bias));
  return info;
}

std::vector<ProgramInfo> qopt::codegen::getProgramInfos(ModuleOp module) {
  std::vector<ProgramInfo> infos;
  if (auto programs = module->getAttrOfType<ArrayAttr>(kProgramsAttr))
    for (auto program : programs.getAsRange<DictionaryAttr>())
      infos.push_back(ProgramInfo::fromAttribute(program));
  return infos;
}
