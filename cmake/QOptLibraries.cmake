# Every folder of lib/ is one object library, so that a folder's dependencies stay visible in its
# CMakeLists.txt; libQOpt.so collects those that architecture decision 10 puts into it.

# qopt_add_library(NAME SOURCES... [DEPENDS targets...]): an object library that joins libQOpt.so.
function(qopt_add_library name)
  qopt_add_object_library(${name} ${ARGN})
  set_property(GLOBAL APPEND PROPERTY QOPT_CORE_OBJECTS ${name})
endfunction()

# qopt_add_object_library(NAME SOURCES... [DEPENDS targets...]): an object library on its own.
function(qopt_add_object_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_library(${name} OBJECT ${ARG_UNPARSED_ARGUMENTS})
  add_dependencies(${name} QOptTableGen ${ARG_DEPENDS})
  qopt_use_pch(${name})
endfunction()

# All targets of one set of flags share one precompiled header.
function(qopt_use_pch target)
  if(NOT TARGET QOptPCH)
    file(WRITE ${CMAKE_BINARY_DIR}/QOptPCH.cpp "")
    add_library(QOptPCH OBJECT ${CMAKE_BINARY_DIR}/QOptPCH.cpp)
    target_precompile_headers(QOptPCH PRIVATE ${CMAKE_SOURCE_DIR}/cmake/Precompiled.h)
  endif()
  # Programs would be compiled with -fPIE, which the header refuses.
  target_compile_options(${target} PRIVATE -fPIC)
  target_precompile_headers(${target} REUSE_FROM QOptPCH)
  get_target_property(type ${target} TYPE)
  if(QOPT_ENABLE_SANITIZERS AND type STREQUAL "EXECUTABLE")
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/SanitizerOptions.cpp)
  endif()
endfunction()
