# NOVA_SANITIZE: the whole build under a sanitizer, for `tests/run --sanitize`. Included by nova.cmake. Sets for it:
#   nova_slowdown  what limits of time are multiplied by, in ctest's time-outs and in C++ (tests/support/slowdown.hpp)
#   nova_launcher  what every test is started by, so that a report of any process it starts fails it; empty without
set(NOVA_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, address (with undefined) or thread")
set(nova_slowdown 1)
set(nova_launcher "")
if(NOT NOVA_SANITIZE)
  return()
elseif(NOVA_SANITIZE STREQUAL "address")
  set(nova_sanitizers -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all)
  target_compile_options(nova_flags INTERFACE -D_GLIBCXX_ASSERTIONS)
  # As shared libraries the two would each have options of their own, and UBSan would not see log_path.
  target_link_options(nova_flags INTERFACE -static-libasan -static-libubsan)
  set(nova_slowdown 4)
elseif(NOVA_SANITIZE STREQUAL "thread")
  # protobuf's headers add a member to map fields when they see TSan: Debian's library was built without it. The standard
  # library's setting is taken before.
  set(nova_sanitizers -fsanitize=thread)
  target_compile_options(nova_flags INTERFACE "SHELL:-include ${CMAKE_SOURCE_DIR}/config/build/thread_sanitizer.hpp")
  # Asio's fences, which TSan does not model; the locks beside them order the same accesses.
  target_compile_options(nova_flags INTERFACE -Wno-tsan)
  set(nova_slowdown 6)
else()
  message(FATAL_ERROR "NOVA_SANITIZE is '${NOVA_SANITIZE}': address or thread")
endif()
target_compile_options(nova_flags INTERFACE ${nova_sanitizers} -O1 -fno-omit-frame-pointer)
target_compile_definitions(nova_flags INTERFACE NOVA_SLOWDOWN=${nova_slowdown})
target_link_options(nova_flags INTERFACE ${nova_sanitizers})
set(nova_launcher ${CMAKE_SOURCE_DIR}/tests/support/sanitized)
if(NOVA_SANITIZE STREQUAL "thread")
  include(instrumented_caf)
endif()
