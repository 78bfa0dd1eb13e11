// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The data object NAME_module: what a loader reads before it runs anything. Field order and sizes
// are those of include/qopt-c/qopt_abi.h.
#include "EntryPoints.h"

#include "qopt/Dialect/QOpt/IR/QuantTypeUtils.h"
#include "qopt/Version.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::codegen;

/// Of qopt_abi.h.
static constexpr int64_t kMagic = 0x54504f51, kAbi = 1;
enum { kF32 = 1, kI8 = 2, kU8 = 3, kI16 = 4, kI32 = 5, kI64 = 6 };

namespace {

/// A constant struct, member by member.
class StructWriter {
public:
  explicit StructWriter(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  void addInt(unsigned bits, int64_t value) {
    Type type = builder.getIntegerType(bits);
    add(LLVM::ConstantOp::create(builder, loc, type, builder.getIntegerAttr(type, value)));
  }
  /// The address of a symbol, or null for an empty name.
  void addAddress(StringRef symbol) {
    Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
    if (symbol.empty())
      add(LLVM::ZeroOp::create(builder, loc, pointer));
    else
      add(LLVM::AddressOfOp::create(builder, loc, pointer, symbol));
  }
  void addFunction(func::FuncOp function) {
    Value code =
        func::ConstantOp::create(builder, loc, function.getFunctionType(),
                                 SymbolRefAttr::get(builder.getContext(), function.getName()));
    add(UnrealizedConversionCastOp::create(builder, loc,
                                           LLVM::LLVMPointerType::get(builder.getContext()), code)
            .getResult(0));
  }
  void addStruct(Value value) { add(value); }

  Type getType() const {
    SmallVector<Type> types;
    for (Value member : members)
      types.push_back(member.getType());
    return LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  }
  Value get() { return combine(getType()); }
  /// The members as the elements of an array.
  Value getArray() {
    return combine(LLVM::LLVMArrayType::get(members.front().getType(), members.size()));
  }

private:
  void add(Value value) { members.push_back(value); }
  Value combine(Type type) {
    Value all = LLVM::UndefOp::create(builder, loc, type);
    for (auto [index, member] : llvm::enumerate(members))
      all = LLVM::InsertValueOp::create(builder, loc, all, member, index);
    return all;
  }

  OpBuilder &builder;
  Location loc;
  SmallVector<Value> members;
};

class DescriptorEmitter {
public:
  DescriptorEmitter(KernelLibrary &library, const NetworkSignature &network,
                    const ProgramOptions &options)
      : library(library), network(network), options(options), context(network.type.getContext()) {}

  void emit(const ProgramInfo &info, StringRef runSymbol);

private:
  /// A tensor's arrays, as symbols.
  struct TensorData {
    std::string name, dims, scale, zeroPoint;
    std::optional<QuantParams> params;
  };

  std::string emitBytes(StringRef suffix, StringRef bytes, unsigned alignment);
  std::string emitString(StringRef suffix, StringRef text) {
    return emitBytes(suffix, (text + StringRef("\0", 1)).str(), 1);
  }
  template <typename T> std::string emitArray(StringRef suffix, ArrayRef<T> values) {
    StringRef bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
    return emitBytes(suffix, bytes, alignof(T));
  }
  TensorData emitTensorData(Type type, StringRef name, StringRef suffix);
  Value writeTensor(OpBuilder &builder, Type type, DictionaryAttr attrs, const TensorData &data);
  std::string emitTensors(TypeRange types, ArrayRef<DictionaryAttr> attrs, StringRef what);
  LLVM::GlobalOp emitGlobal(StringRef name, LLVM::Linkage linkage,
                            llvm::function_ref<Value(OpBuilder &)> initializer);

  KernelLibrary &library;
  const NetworkSignature &network;
  const ProgramOptions &options;
  MLIRContext *context;
};

} // namespace

std::string DescriptorEmitter::emitBytes(StringRef suffix, StringRef bytes, unsigned alignment) {
  OpBuilder builder = OpBuilder::atBlockEnd(library.getModule().getBody());
  std::string symbol = library.getFreshSymbol((network.name + "_" + suffix).str());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
  LLVM::GlobalOp::create(builder, network.loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
                         symbol, builder.getStringAttr(bytes), alignment);
  return symbol;
}

LLVM::GlobalOp DescriptorEmitter::emitGlobal(StringRef name, LLVM::Linkage linkage,
                                             llvm::function_ref<Value(OpBuilder &)> initializer) {
  // The type is known once the initializer is: build it in a detached block.
  auto block = std::make_unique<Block>();
  OpBuilder inner(context);
  inner.setInsertionPointToEnd(block.get());
  Value value = initializer(inner);
  LLVM::ReturnOp::create(inner, network.loc, value);
  OpBuilder builder = OpBuilder::atBlockEnd(library.getModule().getBody());
  auto global = LLVM::GlobalOp::create(builder, network.loc, value.getType(), /*isConstant=*/true,
                                       linkage, name, Attribute());
  global.getInitializerRegion().push_back(block.release());
  return global;
}

static int64_t getDtype(Type element) {
  if (element.isF32())
    return kF32;
  if (quant::QuantizedType type = dyn_cast<quant::QuantizedType>(element))
    return type.isSigned() ? kI8 : kU8;
  return element.isInteger(32) ? kI32 : kI8;
}

DescriptorEmitter::TensorData DescriptorEmitter::emitTensorData(Type type, StringRef name,
                                                                StringRef suffix) {
  TensorData data;
  data.params = getQuantParams(type);
  data.name = emitString((suffix + "_name").str(), name);
  data.dims = emitArray((suffix + "_dims").str(), cast<ShapedType>(type).getShape());
  if (data.params) {
    data.scale = emitArray((suffix + "_scale").str(), ArrayRef<float>(data.params->scales));
    data.zeroPoint =
        emitArray((suffix + "_zero_point").str(), ArrayRef<int32_t>(data.params->zeroPoints));
  }
  return data;
}

/// A qopt_tensor.
Value DescriptorEmitter::writeTensor(OpBuilder &builder, Type type, DictionaryAttr attrs,
                                     const TensorData &data) {
  auto shaped = cast<ShapedType>(type);
  auto layout = attrs ? attrs.getAs<StringAttr>(kLayoutAttr) : StringAttr();
  StructWriter writer(builder, network.loc);
  writer.addInt(32, options.pointerBytes == 8 ? 64 : 48);
  writer.addInt(32, getDtype(shaped.getElementType()));
  writer.addInt(32, shaped.getRank());
  writer.addInt(32, layout && layout.getValue() == "nhwc" ? 1 : 0);
  writer.addAddress(data.name);
  writer.addAddress(data.dims);
  writer.addInt(64, getTensorBytes(type));
  writer.addInt(32, data.params ? data.params->axis : -1);
  writer.addInt(32, data.params ? data.params->scales.size() : 0);
  writer.addAddress(data.scale);
  writer.addAddress(data.zeroPoint);
  return writer.get();
}

std::string DescriptorEmitter::emitTensors(TypeRange types, ArrayRef<DictionaryAttr> attrs,
                                           StringRef what) {
  if (types.empty())
    return "";
  std::vector<TensorData> data;
  for (auto [index, type] : llvm::enumerate(types)) {
    std::string suffix = (what + std::to_string(index)).str();
    StringAttr name = attrs[index] ? attrs[index].getAs<StringAttr>(kNameAttr) : StringAttr();
    data.push_back(emitTensorData(type, name ? name.getValue() : StringRef(suffix), suffix));
  }
  std::string symbol = library.getFreshSymbol((network.name + "_" + what + "s").str());
  emitGlobal(symbol, LLVM::Linkage::Internal, [&](OpBuilder &builder) {
    StructWriter array(builder, network.loc);
    for (auto [index, type] : llvm::enumerate(types))
      array.addStruct(writeTensor(builder, type, attrs[index], data[index]));
    return array.getArray();
  });
  return symbol;
}

/// The qopt_module.
void DescriptorEmitter::emit(const ProgramInfo &info, StringRef runSymbol) {
  std::string name = emitString("name", network.name);
  std::string target = emitString("target", options.target);
  std::string features = emitString("features", options.features);
  std::string compiler = emitString("compiler", "qopt " QOPT_VERSION_STRING);
  std::string inputs = emitTensors(network.type.getInputs(), network.inputAttrs, "input");
  std::string outputs = emitTensors(network.type.getResults(), network.outputAttrs, "output");
  auto run = library.getModule().lookupSymbol<func::FuncOp>(runSymbol);
  emitGlobal(network.name + "_module", LLVM::Linkage::External, [&](OpBuilder &builder) {
    StructWriter writer(builder, network.loc);
    writer.addInt(32, kMagic);
    writer.addInt(32, kAbi);
    writer.addInt(32, options.pointerBytes == 8 ? 104 : 80);
    writer.addInt(32, static_cast<int64_t>(network.contract));
    for (StringRef symbol : {name, target, features, compiler})
      writer.addAddress(symbol);
    writer.addInt(32, network.type.getNumInputs());
    writer.addInt(32, network.type.getNumResults());
    writer.addAddress(inputs);
    writer.addAddress(outputs);
    writer.addInt(32, info.alignment);
    writer.addInt(32, options.maxTasks);
    writer.addInt(64, info.arenaBytes);
    writer.addInt(64, info.taskBytes);
    writer.addFunction(run);
    return writer.get();
  });
}

void qopt::codegen::emitDescriptor(KernelLibrary &library, const NetworkSignature &network,
                                   const ProgramInfo &info, const ProgramOptions &options,
                                   StringRef runSymbol) {
  DescriptorEmitter(library, network, options).emit(info, runSymbol);
}
