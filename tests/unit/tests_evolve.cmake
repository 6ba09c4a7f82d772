reiter_unit(unit evolve evolve output)
reiter_unit(unit evolve_resume evolve output)
foreach(ranks 2 3)
  foreach(name evolve evolve_resume)
    add_test(NAME parallel/${name}_${ranks}
      COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} --oversubscribe $<TARGET_FILE:test_${name}>)
    set_tests_properties(parallel/${name}_${ranks} PROPERTIES PROCESSORS ${ranks} TIMEOUT 120
      ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
  endforeach()
endforeach()
