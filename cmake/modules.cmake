# karv_module(<name> [DEPENDS <modules>] [LIBS <public libraries>] [PRIVATE_LIBS <libraries>] [TEST_LIBS <libraries>]
#             [BOTH_ENGINES <GoogleTest filter>])
#   src/<name>/**.cpp (without *_test.cpp) -> static library karv_<name>
#   src/<name>/**_test.cpp                 -> one GoogleTest executable <name>_test, registered with ctest;
#     with BOTH_ENGINES once more as <name>_test.postgres: those tests of the filter ("*" for all), on PostgreSQL
# A module names the modules it includes; levels are checked by tools/tidy on the include graph.
function(karv_module name)
  cmake_parse_arguments(M "" "BOTH_ENGINES" "DEPENDS;LIBS;PRIVATE_LIBS;TEST_LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(dependencies ${M_DEPENDS})
  list(TRANSFORM dependencies PREPEND karv_)
  if(sources)
    add_library(karv_${name} STATIC ${sources})
    target_include_directories(karv_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(karv_${name} PUBLIC ${dependencies} ${M_LIBS} PRIVATE ${M_PRIVATE_LIBS})
  else()
    add_library(karv_${name} INTERFACE)
    target_include_directories(karv_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(karv_${name} INTERFACE ${dependencies} ${M_LIBS})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE karv_${name} ${M_PRIVATE_LIBS} ${M_TEST_LIBS} GTest::gmock GTest::gtest_main)
    if(KARV_SANITIZE)
      # Checks around assertions are what costs most to optimise; what is tested keeps its -O1.
      target_compile_options(${name}_test PRIVATE -O0)
    endif()
    add_test(NAME ${name}_test COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    if(M_BOTH_ENGINES)
      add_test(NAME ${name}_test.postgres COMMAND ${name}_test --gtest_filter=${M_BOTH_ENGINES}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
      set_tests_properties(${name}_test.postgres PROPERTIES ENVIRONMENT KARV_TEST_ENGINE=postgres)
    endif()
  endif()
endfunction()

# karv_app(<executable> DEPENDS <modules> [LIBS <libraries>]): src/apps/<folder>/*.cpp -> bin/<executable>
function(karv_app name)
  cmake_parse_arguments(M "" "" "DEPENDS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  set(dependencies ${M_DEPENDS})
  list(TRANSFORM dependencies PREPEND karv_)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${dependencies} ${M_LIBS})
endfunction()
