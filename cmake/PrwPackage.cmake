# The installed package: what find_package(prw) finds. To be included after all rooms.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/prw)
get_property(PRW_COMPONENTS GLOBAL PROPERTY PRW_COMPONENTS)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/prwConfig.cmake.in ${PROJECT_BINARY_DIR}/prwConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break what there was.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/prwConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/prwConfig.cmake ${PROJECT_BINARY_DIR}/prwConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/PrwConformanceTests.cmake ${CMAKE_CURRENT_LIST_DIR}/PrwConformanceRun.cmake
              ${CMAKE_CURRENT_LIST_DIR}/PrwConformanceDiscover.cmake
        DESTINATION ${package_dir})
install(EXPORT prwTargets NAMESPACE prw:: DESTINATION ${package_dir})

# Found beside the installed program.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/profiles DESTINATION ${CMAKE_INSTALL_DATADIR}/prw)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/prw/schemas FILES_MATCHING PATTERN "*.schema.json")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
