find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME parallel/ranks COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/parallel/test_ranks.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(parallel/ranks PROPERTIES PROCESSORS 3)

add_test(NAME parallel/dynamics COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/parallel/test_dynamics.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(parallel/dynamics PROPERTIES PROCESSORS 3)

add_test(NAME parallel/paths COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/parallel/test_paths.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(parallel/paths PROPERTIES PROCESSORS 2)

add_test(NAME parallel/estimate COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/parallel/test_estimate.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(parallel/estimate PROPERTIES PROCESSORS 3)

add_test(NAME parallel/greenkubo COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/parallel/test_greenkubo.py
  $<TARGET_FILE:reiter_program> ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
set_tests_properties(parallel/greenkubo PROPERTIES PROCESSORS 3)
