# Writes OUTPUT, a .cpp that defines `std::string_view nova::auth::common_passwords_text()`, from the text file INPUT.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "// Generated from common_passwords.txt.\n#include <string_view>\n\nnamespace nova::auth {\n"
  "std::string_view common_passwords_text();\nstd::string_view common_passwords_text() {\n  return R\"text(${text})text\";\n}\n}\n")
