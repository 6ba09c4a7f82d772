# With numpy.
add_test(NAME case/epsilon COMMAND ${PROJECT_SOURCE_DIR}/scripts/python ${CMAKE_CURRENT_SOURCE_DIR}/case/test_epsilon.py
  $<TARGET_FILE:reiter_program>)
