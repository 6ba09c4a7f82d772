add_executable(test_domain unit/test_domain.c $<TARGET_OBJECTS:room_domain>)
target_link_libraries(test_domain PRIVATE reiter_settings PkgConfig::CMOCKA)
target_compile_options(test_domain PRIVATE ${REITER_WARNINGS} $<$<BOOL:${REITER_WERROR}>:-Werror>)
add_test(NAME unit/domain COMMAND test_domain ${PROJECT_SOURCE_DIR}/meshes)
foreach(ranks 2 3)
  add_test(NAME parallel/domain_${ranks} COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
    $<TARGET_FILE:test_domain> ${PROJECT_SOURCE_DIR}/meshes)
  set_tests_properties(parallel/domain_${ranks} PROPERTIES PROCESSORS ${ranks} TIMEOUT 120 ENVIRONMENT
    "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1")
endforeach()
