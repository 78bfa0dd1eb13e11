# `mlir-doc` writes docs/reference/*.md from the .td files; the test docs-current compares them.
set(QOPT_DOCS_DIR ${PROJECT_BINARY_DIR}/docs/reference)
set(QOPT_DOCS "")

# qopt_add_doc(NAME TABLEGEN_FILE GENERATOR...): docs/reference/NAME.md.
function(qopt_add_doc name input)
  set(output ${QOPT_DOCS_DIR}/${name}.md)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${QOPT_DOCS_DIR}
    COMMAND ${LLVM_TOOLS_BINARY_DIR}/mlir-tblgen ${ARGN} -I ${PROJECT_SOURCE_DIR}/include
            -I ${LLVM_INCLUDE_DIR} ${PROJECT_SOURCE_DIR}/include/qopt/${input} -o ${output}
    DEPENDS ${PROJECT_SOURCE_DIR}/include/qopt/${input} VERBATIM)
  set(QOPT_DOCS ${QOPT_DOCS} ${output} PARENT_SCOPE)
endfunction()

qopt_add_doc(QOptDialect Dialect/QOpt/IR/QOptOps.td -gen-dialect-doc -dialect=qopt)
qopt_add_doc(QOptInterfaces Dialect/QOpt/IR/QOptInterfaces.td -gen-op-interface-docs)
file(GLOB_RECURSE passes CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include/qopt
     ${PROJECT_SOURCE_DIR}/include/qopt/*/Passes.td)
foreach(file ${passes})
  get_filename_component(folder ${file} DIRECTORY)
  string(REPLACE "/" "" folder ${folder})
  qopt_add_doc(${folder}Passes ${file} -gen-pass-doc)
endforeach()

# Every op is described in a file that QOptOps.td includes.
file(GLOB dialect ${PROJECT_SOURCE_DIR}/include/qopt/Dialect/QOpt/IR/*.td)
add_custom_command(OUTPUT ${QOPT_DOCS_DIR}/QOptDialect.md APPEND DEPENDS ${dialect})
add_custom_target(qopt-reference ALL DEPENDS ${QOPT_DOCS})
add_custom_target(qopt-doc
  COMMAND ${CMAKE_COMMAND} -E copy_directory ${QOPT_DOCS_DIR} ${PROJECT_SOURCE_DIR}/docs/reference
  DEPENDS qopt-reference COMMENT "Writing docs/reference")
# MLIR's CMake files bring a target of this name for projects to add to.
if(NOT TARGET mlir-doc)
  add_custom_target(mlir-doc)
endif()
add_dependencies(mlir-doc qopt-doc)
