# CAF built with the thread sanitizer, in place of Debian's libcaf_core: of a library that is not, TSan sees the allocations but
# not the atomics through which messages and actors pass from thread to thread. Included by sanitize.cmake.
# The source is Debian's (0.17.6, by `apt-get source`, no root needed), or the folder that NOVA_CAF_SOURCE names, as a setting of
# CMake or of the environment.
set(NOVA_CAF_SOURCE "$ENV{NOVA_CAF_SOURCE}" CACHE PATH "CAF's unpacked source for the thread sanitizer; empty: fetched by apt-get source")

# nova_fetch_caf(FOLDER): unpacks the source below FOLDER. The machine's own apt sources say where from: their entries are read
# once more as `deb-src`, into package lists of this folder's own.
function(nova_fetch_caf folder)
  message(STATUS "Fetching CAF's source package")
  file(MAKE_DIRECTORY ${folder}/parts ${folder}/lists/partial ${folder}/cache/archives/partial)
  file(GLOB described /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources)
  foreach(file IN LISTS described)
    file(READ ${file} text)
    string(REGEX REPLACE "(^|\n)[ \t]*deb[ \t]" "\\1deb-src " text "${text}")
    string(REGEX REPLACE "(^|\n)Types:[^\n]*" "\\1Types: deb-src" text "${text}")
    get_filename_component(name ${file} NAME)
    if(name STREQUAL sources.list)
      set(name machine.list)
    endif()
    file(WRITE ${folder}/parts/${name} "${text}")
  endforeach()
  set(apt apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=${folder}/parts
    -o Dir::State::Lists=${folder}/lists -o Dir::Cache=${folder}/cache -o Acquire::Retries=3 -o APT::Sandbox::User=)
  foreach(step IN ITEMS "update" "source;--download-only;--tar-only;actor-framework")
    execute_process(COMMAND ${apt} ${step} WORKING_DIRECTORY ${folder} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(status)
      message(FATAL_ERROR "apt-get ${step}: ${said}\nunpack CAF's source yourself and name its folder by the environment's NOVA_CAF_SOURCE")
    endif()
  endforeach()
  file(GLOB archive ${folder}/actor-framework_*.orig.tar.gz)
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${folder})
endfunction()

set(caf_source ${NOVA_CAF_SOURCE})
if(NOT caf_source)
  set(caf_fetched ${CMAKE_BINARY_DIR}/caf)
  file(GLOB caf_source ${caf_fetched}/actor-framework-*)
  if(NOT caf_source)
    nova_fetch_caf(${caf_fetched})
    file(GLOB caf_source ${caf_fetched}/actor-framework-*)
  endif()
endif()

# Nova is compiled with the installed headers, so the library must be of their version.
set(version_line "#define CAF_VERSION [0-9]+")
file(STRINGS ${caf_source}/libcaf_core/caf/config.hpp caf_built REGEX ${version_line})
file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp caf_installed REGEX ${version_line})
if(NOT caf_built STREQUAL caf_installed)
  message(FATAL_ERROR "${caf_source} has '${caf_built}', the installed headers '${caf_installed}'")
endif()

file(GLOB_RECURSE caf_sources ${caf_source}/libcaf_core/src/*.cpp)
add_library(caf_core SHARED ${caf_sources})
target_link_libraries(caf_core PRIVATE nova_flags)
target_compile_options(caf_core PRIVATE -w)
set_target_properties(caf_core PROPERTIES CXX_STANDARD 17 LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/caf)
set_target_properties(CAF::core PROPERTIES IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/caf/libcaf_core.so)
add_dependencies(CAF::core caf_core)
