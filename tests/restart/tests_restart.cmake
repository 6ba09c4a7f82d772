find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME restart/restart COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/restart/test_restart.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(restart/restart PROPERTIES PROCESSORS 2)

add_test(NAME restart/dynamics COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/restart/test_dynamics.py
  $<TARGET_FILE:reiter_program>)

add_test(NAME restart/paths COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/restart/test_paths.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(restart/paths PROPERTIES PROCESSORS 2)

add_test(NAME restart/kinetic COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/restart/test_kinetic.py
  $<TARGET_FILE:reiter_program>)
