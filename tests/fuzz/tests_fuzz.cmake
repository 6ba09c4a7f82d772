# The parser under any bytes: a minute of libFuzzer with -DREITER_FUZZ=ON, otherwise the seeds as a plain test.
set(fuzz_corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus)
if(REITER_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "REITER_FUZZ needs clang (libFuzzer)")
  endif()
  file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/potential/*.c)
  add_executable(fuzz_expression fuzz/fuzz_expression.c ${fuzz_sources})
  target_compile_options(fuzz_expression PRIVATE -g -O1 -fsanitize=fuzzer,address,undefined
    -fno-sanitize-recover=undefined)
  target_link_options(fuzz_expression PRIVATE -fsanitize=fuzzer,address,undefined)
  # New finds go to the build directory; the seeds stay as they are.
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/fuzz_found)
  add_test(NAME fuzz/expression COMMAND fuzz_expression -max_total_time=60 -timeout=10 -rss_limit_mb=2048
    ${CMAKE_CURRENT_BINARY_DIR}/fuzz_found ${fuzz_corpus})
else()
  file(GLOB fuzz_seeds CONFIGURE_DEPENDS ${fuzz_corpus}/*)
  add_executable(fuzz_expression fuzz/fuzz_expression.c $<TARGET_OBJECTS:room_potential>)
  target_compile_definitions(fuzz_expression PRIVATE STANDALONE)
  target_compile_options(fuzz_expression PRIVATE ${REITER_WARNINGS} $<$<BOOL:${REITER_WERROR}>:-Werror>)
  add_test(NAME fuzz/seeds COMMAND fuzz_expression ${fuzz_seeds})
endif()
target_link_libraries(fuzz_expression PRIVATE reiter_settings)
