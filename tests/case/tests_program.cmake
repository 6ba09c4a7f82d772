find_package(Python3 REQUIRED COMPONENTS Interpreter)

# The whole program from case file to run folder.
foreach(name references invariants output counts cost paths estimate experiments transitions kinetic greenkubo)
  add_test(NAME case/${name} COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/case/test_${name}.py
    $<TARGET_FILE:reiter_program>)
endforeach()
# With numpy and h5py.
add_test(NAME case/dynamics COMMAND ${PROJECT_SOURCE_DIR}/scripts/python ${CMAKE_CURRENT_SOURCE_DIR}/case/test_dynamics.py
  $<TARGET_FILE:reiter_program>)
