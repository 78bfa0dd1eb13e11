// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ObjectCheck.h"

#include "llvm/Object/ObjectFile.h"

using namespace llvm;

Error qopt::checkFreestanding(const MemoryBuffer &buffer) {
  auto object = object::ObjectFile::createObjectFile(buffer.getMemBufferRef());
  if (!object)
    return object.takeError();
  for (const object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if ((*flags & object::SymbolRef::SF_Undefined) && !name->empty())
      return createStringError("the generated code calls '%s', which no freestanding program has",
                               name->str().c_str());
  }
  return Error::success();
}
