# Writes generated/reiter_version.h at every build, so that `reiter --version` names the commit it was built from.
set(version_header ${PROJECT_BINARY_DIR}/generated/reiter_version.h)
add_custom_target(reiter_version
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${version_header}
          -DVERSION=${PROJECT_VERSION} -DBUILD_TYPE=${CMAKE_BUILD_TYPE}
          -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${version_header} VERBATIM)
