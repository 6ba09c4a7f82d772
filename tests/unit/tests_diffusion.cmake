reiter_unit(unit selling diffusion domain coefficients effective cell potential output)
reiter_unit(unit diffusion diffusion domain coefficients effective cell potential output)
reiter_unit(rate diffusion_rate diffusion domain coefficients effective cell potential output)
foreach(ranks 2 3)
  add_test(NAME parallel/diffusion_${ranks} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
    $<TARGET_FILE:test_diffusion>)
  set_tests_properties(parallel/diffusion_${ranks} PROPERTIES PROCESSORS ${ranks} TIMEOUT 120 ENVIRONMENT
    "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1")
endforeach()
