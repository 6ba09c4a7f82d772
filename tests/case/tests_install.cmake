if(NOT REITER_SANITIZE)
  add_test(NAME case/install COMMAND ${CMAKE_CURRENT_LIST_DIR}/install/run ${PROJECT_BINARY_DIR})
endif()
