# Script of nova_migrations(): NOUN, OUT (folder), FILES (list of NNNN_name.sql).
list(SORT FILES)
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
    message(FATAL_ERROR "${file}: a migration is called NNNN_name.sql")
  endif()
  string(REGEX REPLACE "^0*([0-9]+)_.*$" "\\1" number ${name})
  file(READ ${file} text)
  # A raw string literal may hold 64 KiB; longer files are cut into adjacent ones.
  string(LENGTH "${text}" length)
  set(literal "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 part)
    string(APPEND literal "R\"sql~(${part})sql~\"\n")
    math(EXPR at "${at} + 8000")
  endwhile()
  string(APPEND rows "    {${number}, \"${name}\",\n${literal}},\n")
endforeach()
file(WRITE ${OUT}/migrations.hpp "// Generated from storage/${NOUN}/migrations.
#pragma once

#include \"storage/database/migration_file.hpp\"

#include <span>

namespace nova::storage {
std::span<const migration> ${NOUN}_migrations();
}
")
file(WRITE ${OUT}/migrations.cpp "#include \"storage/${NOUN}/migrations.hpp\"

namespace nova::storage {

std::span<const migration> ${NOUN}_migrations() {
  static const migration list[] = {
${rows}  };
  return list;
}

}  // namespace nova::storage
")
