// Included before all other headers in builds under TSan, see sanitize.cmake. The standard library sees TSan (its atomic
// reference counts differ); protobuf does not see it (a map field would be larger than in the packaged library).
#pragma once
#include <memory>
#undef __SANITIZE_THREAD__
