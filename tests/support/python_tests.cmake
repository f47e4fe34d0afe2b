# bauta_python_tests(PREFIX LABEL FILE [TIMEOUT SECONDS] [SERIAL] [ENVIRONMENT NAME=VALUE ...]): every method of a
# unittest file as one ctest, named by its words ("test_a_lost_client_returns" -> "PREFIX: a lost client returns").
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(bauta_python_tests prefix label file)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(slowdown 1)
  if(BAUTA_SANITIZE)
    set(slowdown 4)
  endif()
  math(EXPR ARG_TIMEOUT "${slowdown} * ${ARG_TIMEOUT}")
  set(runner ${PROJECT_SOURCE_DIR}/tests/support/python_test.py)
  get_filename_component(path ${file} ABSOLUTE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  execute_process(COMMAND ${Python3_EXECUTABLE} -B ${runner} --list ${path}
                  OUTPUT_VARIABLE ids OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" ids "${ids}")
  foreach(id ${ids})
    string(REGEX REPLACE "^.*\\.test_?" "" words ${id})
    string(REPLACE "_" " " words ${words})
    add_test(NAME "${prefix}: ${words}" COMMAND ${Python3_EXECUTABLE} -B ${runner} ${path} ${id}
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties("${prefix}: ${words}" PROPERTIES LABELS ${label} TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77
                         ENVIRONMENT "BAUTA_BIN=${PROJECT_BINARY_DIR}/bin;BAUTA_SLOWDOWN=${slowdown};${ARG_ENVIRONMENT}")
    if(ARG_SERIAL)
      set_tests_properties("${prefix}: ${words}" PROPERTIES RUN_SERIAL TRUE)
    endif()
  endforeach()
endfunction()
