# Parsers under any bytes: a minute of libFuzzer each with -DREITER_FUZZ=ON, otherwise the seeds as plain tests.
if(REITER_FUZZ AND NOT CMAKE_C_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "REITER_FUZZ needs clang (libFuzzer)")
endif()

# reiter_fuzz(NAME SEEDS SOURCES...): fuzz/fuzz_NAME.c, seeds in fuzz/corpus/NAME, and sources of src; SEEDS is the plain test's name.
function(reiter_fuzz name seeds)
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${ARGN})
  add_executable(fuzz_${name} fuzz/fuzz_${name}.c ${sources})
  if(REITER_FUZZ)
    target_compile_options(fuzz_${name} PRIVATE -g -O1 -fsanitize=fuzzer,address,undefined
      -fno-sanitize-recover=undefined)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
    # New finds go to the build directory; the seeds stay as they are.
    set(found ${CMAKE_CURRENT_BINARY_DIR}/fuzz_found_${name})
    file(MAKE_DIRECTORY ${found})
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} -max_total_time=60 -timeout=10 -rss_limit_mb=2048 ${found}
      ${corpus})
  else()
    file(GLOB seed_files CONFIGURE_DEPENDS ${corpus}/*)
    target_compile_definitions(fuzz_${name} PRIVATE STANDALONE)
    target_compile_options(fuzz_${name} PRIVATE ${REITER_WARNINGS} $<$<BOOL:${REITER_WERROR}>:-Werror>)
    add_test(NAME fuzz/${seeds} COMMAND fuzz_${name} ${seed_files})
  endif()
  target_link_libraries(fuzz_${name} PRIVATE reiter_settings)
endfunction()

reiter_fuzz(expression seeds ${PROJECT_SOURCE_DIR}/src/potential/*.c)
reiter_fuzz(series series_seeds ${PROJECT_SOURCE_DIR}/src/series/*.c
  ${PROJECT_SOURCE_DIR}/src/case/nearest_name.c)
