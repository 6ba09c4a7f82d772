find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Wrong input: the message, its place, the exit code.
function(reiter_error_test name script)
  add_test(NAME error/${name} COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/error/${script}
    $<TARGET_FILE:reiter_program> ${ARGN})
endfunction()
reiter_error_test(messages test_errors.py)
reiter_error_test(sections test_sections.py)
reiter_error_test(command_line test_command_line.py)
reiter_error_test(runs test_runs.py)
reiter_error_test(ranks test_ranks.py ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG})
reiter_error_test(dynamics test_dynamics.py)
reiter_error_test(paths test_paths.py)
reiter_error_test(epsilon test_epsilon.py)
reiter_error_test(estimate test_estimate.py)
reiter_error_test(kinetic test_kinetic.py)
reiter_error_test(greenkubo test_greenkubo.py)
