reiter_unit(unit green_kubo green_kubo potential output)
reiter_unit(unit green_kubo_thermal green_kubo potential output)
reiter_unit(unit green_kubo_data green_kubo potential output)
target_compile_definitions(test_green_kubo_data PRIVATE DATA="${PROJECT_SOURCE_DIR}/input/data")
