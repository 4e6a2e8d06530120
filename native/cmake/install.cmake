# What `cmake --install` gives: the header, the library, find_package(lightcone) and lightcone.pc, all relocatable.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/lightcone)
install(TARGETS lightcone EXPORT lightcone LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES native/lightcone.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# The library needs nothing that its users must find, so its targets are the whole package.
install(EXPORT lightcone NAMESPACE lightcone:: FILE lightcone-config.cmake DESTINATION ${config_folder})
# Below 1.0 a minor version may break the ABI.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lightcone-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lightcone-config-version.cmake DESTINATION ${config_folder})
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(native/cmake/lightcone.pc.in lightcone.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/lightcone.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
