# One place for the compiler's flags. KARV_SANITIZE is a list for -fsanitize ("address,undefined" or "thread").
set(KARV_SANITIZE "" CACHE STRING "Sanitizers to build with, comma separated")

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Karv builds with clang-19 (./dev installs it): GCC 12 miscompiles coroutines.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(KARV_CCACHE ccache)
if(KARV_CCACHE)
  # Paths as seen from here, so that another clone of the same source finds what this one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
    ${KARV_CCACHE})
endif()

add_compile_options(
  -Wall -Wextra -Werror -Wthread-safety -Wshadow -Wno-missing-designated-field-initializers -Wnon-virtual-dtor -Wimplicit-fallthrough
  -fno-omit-frame-pointer -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
add_link_options(-fuse-ld=lld)
add_compile_definitions(BOOST_ALLOW_DEPRECATED_HEADERS)

if(KARV_SANITIZE)
  add_compile_options(-fsanitize=${KARV_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${KARV_SANITIZE})
else()
  add_link_options(-Wl,-z,relro,-z,now)
  if(CMAKE_BUILD_TYPE MATCHES "Rel")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
