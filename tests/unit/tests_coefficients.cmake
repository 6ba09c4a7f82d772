reiter_unit(unit coefficients coefficients effective cell potential output)
reiter_unit(unit coefficients_table coefficients effective cell potential output)
reiter_unit(unit coefficients_cascade coefficients effective cell potential output)
# The same bits on every rank as on one alone.
add_test(NAME parallel/coefficients COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3 $<TARGET_FILE:test_coefficients_cascade>)
set_tests_properties(parallel/coefficients PROPERTIES PROCESSORS 3 TIMEOUT 120 ENVIRONMENT
  "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1;OMP_NUM_THREADS=1")
