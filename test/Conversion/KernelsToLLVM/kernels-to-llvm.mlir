// RUN: qopt %s --convert-qopt-kernels-to-llvm | FileCheck %s --check-prefix=WIDE
// RUN: qopt %s --convert-qopt-kernels-to-llvm=index-bits=32 | FileCheck %s --check-prefix=NARROW

// index has the width of the target, in arithmetic and in addresses.

// WIDE-LABEL: llvm.func @address(%{{.*}}: !llvm.ptr, %{{.*}}: i64)
// WIDE: %[[OFFSET:.*]] = llvm.mul %{{.*}}, %{{.*}} : i64
// WIDE: llvm.getelementptr %{{.*}}[%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// NARROW-LABEL: llvm.func @address(%{{.*}}: !llvm.ptr, %{{.*}}: i32)
// NARROW: llvm.mul %{{.*}}, %{{.*}} : i32
func.func @address(%tensor: !llvm.ptr, %pixel: index) -> !llvm.ptr {
  %c64 = arith.constant 64 : index
  %offset = arith.muli %pixel, %c64 : index
  %wide = arith.index_cast %offset : index to i64
  %address = llvm.getelementptr %tensor[%wide] : (!llvm.ptr, i64) -> !llvm.ptr, i8
  return %address : !llvm.ptr
}
