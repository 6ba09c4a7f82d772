find_package(Python3 REQUIRED COMPONENTS Interpreter)

# The whole program from case file to run folder.
foreach(name references invariants output dynamics)
  add_test(NAME case/${name} COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/case/test_${name}.py
    $<TARGET_FILE:reiter_program>)
endforeach()
