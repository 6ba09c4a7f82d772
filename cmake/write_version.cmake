execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE git OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR git STREQUAL "")
  set(git "unknown")
endif()
file(WRITE ${OUTPUT}.new
"#pragma once
#define REITER_VERSION \"${VERSION}\"
#define REITER_GIT \"${git}\"
#define REITER_BUILD_TYPE \"${BUILD_TYPE}\"
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
