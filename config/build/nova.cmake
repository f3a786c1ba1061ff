# Dependencies (Debian 12 packages), compiler settings, and the two functions that every layer uses.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(Protobuf 3.21 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL 7.88 REQUIRED)
find_package(spdlog REQUIRED)
find_package(doctest REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CAF REQUIRED)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(magic REQUIRED IMPORTED_TARGET libmagic)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)

# Static: what it maps for a password hash is then the linker's to direct (actors/auth/hash_memory.hpp).
find_library(NOVA_SODIUM libsodium.a REQUIRED)
add_library(nova_sodium INTERFACE)
target_link_libraries(nova_sodium INTERFACE ${NOVA_SODIUM})

add_library(nova_flags INTERFACE)
target_compile_options(nova_flags INTERFACE -Wall -Wextra -Wno-unused-parameter -fno-strict-overflow)
# No warning in a first build: held where it is known, with the compiler of Debian 12. Another one may warn of more.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT NOVA_SANITIZE
    AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(nova_flags INTERFACE -Werror)
endif()
target_include_directories(nova_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_include_directories(nova_flags SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(nova_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION SPDLOG_FMT_EXTERNAL)
target_link_libraries(nova_flags INTERFACE Threads::Threads)

find_program(NOVA_MOLD mold)
if(NOVA_MOLD)
  target_link_options(nova_flags INTERFACE -fuse-ld=mold)
endif()

include(sanitize)

# nova_library(NAME [TOGETHER] SOURCES a.cpp … LINK lib …): one static library a layer or domain. TOGETHER: six sources are compiled as
# one, because most of their compilation is the headers that they share; sites of planted faults stay alone, as ../../tests/planted
# compiles them again.
function(nova_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TOGETHER" "" "SOURCES;LINK")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC nova_flags ${arg_LINK})
  if(arg_TOGETHER)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    foreach(source IN LISTS arg_SOURCES)
      file(STRINGS ${source} sites REGEX "core/planted.hpp" LIMIT_COUNT 1)
      if(sites)
        set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
      endif()
    endforeach()
  endif()
endfunction()

# nova_sources_of(OUT lib …): the sources of these libraries by their absolute paths, generated ones too.
function(nova_sources_of out)
  set(found "")
  foreach(library IN LISTS ARGN)
    get_target_property(folder ${library} SOURCE_DIR)
    get_target_property(sources ${library} SOURCES)
    foreach(source IN LISTS sources)
      get_filename_component(source ${source} ABSOLUTE BASE_DIR ${folder})
      list(APPEND found ${source})
    endforeach()
  endforeach()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# nova_command_test(NAME [TIMEOUT s] [ALONE] [DISK] [WAITS] [CONFIGURATIONS c] COMMAND …): what every test is registered by.
# CONFIGURATIONS: it is run by `ctest -C c` alone. ALONE: no other test beside it, for whole processes under load, so that their time limits
# mean something. DISK: its data is on disk also where tests/run keeps the others' in memory. WAITS: most of its time it waits, for leases,
# time-outs and processes; it takes one of the places of `ctest --parallel`, others take two.
function(nova_command_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALONE;DISK;WAITS" "TIMEOUT;CONFIGURATIONS" "COMMAND")
  if(arg_CONFIGURATIONS)
    list(PREPEND arg_CONFIGURATIONS CONFIGURATIONS)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  math(EXPR timeout "${arg_TIMEOUT} * ${nova_slowdown}")
  list(POP_FRONT arg_COMMAND program)
  if(TARGET ${program})  # add_test itself would find the target only in front of the launcher
    set(program $<TARGET_FILE:${program}>)
  endif()
  add_test(NAME ${name} ${arg_CONFIGURATIONS} COMMAND ${nova_launcher} ${program} ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout})
  if(NOT arg_WAITS)
    set_tests_properties(${name} PROPERTIES PROCESSORS 2)
  endif()
  if(arg_ALONE)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
  if(arg_DISK)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT_MODIFICATION TMPDIR=unset:)
  endif()
endfunction()

# nova_python_flow_test(NAME TIMEOUT [ALONE] [WAITS] COMMAND…): a program that starts a nova of its own. ALONE: it judges how fast answers come.
function(nova_python_flow_test name timeout)
  cmake_parse_arguments(PARSE_ARGV 2 arg "ALONE;WAITS" "" "COMMAND")
  set(how)
  foreach(word ALONE WAITS)
    if(arg_${word})
      list(APPEND how ${word})
    endif()
  endforeach()
  nova_command_test(${name} ${how} TIMEOUT ${timeout} COMMAND ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT
    "NOVA_BINARY=$<TARGET_FILE:nova>;NOVA_SLOWDOWN=${nova_slowdown};PYTHONDONTWRITEBYTECODE=1")
endfunction()

# nova_keep_small(NAME): a program of the tests goes without debug information in a release: there are hundreds of them, each holds all of
# Nova, and four fifths of their size on disk and most of their linking was this. Presets that report lines of code keep it.
function(nova_keep_small name)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT NOVA_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,--strip-debug)
  endif()
endfunction()

# nova_test(NAME SOURCES a_test.cpp … LINK lib … [TIMEOUT s] [ARGS …] [BESIDE] [DISK] [WAITS]): a doctest executable, registered with ctest.
# NAME ends in what it needs: _test nothing, _pgtest PostgreSQL, _flow_test the whole path. A flow test runs alone; BESIDE: it judges
# answers and not how fast they come, so others may run at the same time. Its own sources are not optimised:
# each is compiled once and run for moments, and optimising took half of its compilation.
function(nova_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "BESIDE;DISK;WAITS" "TIMEOUT" "SOURCES;LINK;ARGS")
  set(how)
  if(name MATCHES "_flow_test$" AND NOT arg_BESIDE)
    set(how ALONE)
  endif()
  foreach(word DISK WAITS)
    if(arg_${word})
      list(APPEND how ${word})
    endif()
  endforeach()
  if(NOT TARGET nova_doctest_main)
    add_library(nova_doctest_main OBJECT ${CMAKE_SOURCE_DIR}/tests/support/doctest_main.cpp)
    target_link_libraries(nova_doctest_main PUBLIC nova_flags doctest::doctest)
  endif()
  add_executable(${name} ${arg_SOURCES})
  nova_keep_small(${name})
  set_property(SOURCE ${arg_SOURCES} APPEND PROPERTY COMPILE_OPTIONS -O0)
  target_link_libraries(${name} PRIVATE nova_doctest_main ${arg_LINK})
  nova_command_test(${name} ${how} TIMEOUT ${arg_TIMEOUT} COMMAND ${name} ${arg_ARGS})
endfunction()
