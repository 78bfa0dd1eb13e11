# `cmake --install` and find_package(qopt CONFIG).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/qopt ${PROJECT_SOURCE_DIR}/include/qopt-c
                  ${PROJECT_BINARY_DIR}/include/qopt
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc" PATTERN "CMakeFiles" EXCLUDE)
install(EXPORT qoptTargets NAMESPACE qopt:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/qopt)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/qoptConfig.cmake.in ${PROJECT_BINARY_DIR}/qoptConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/qopt)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/qoptConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/qoptConfig.cmake ${PROJECT_BINARY_DIR}/qoptConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/qopt)
