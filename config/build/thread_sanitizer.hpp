// Included first of all in builds under TSan, see sanitize.cmake: the standard library learns of TSan (its atomic
// reference counts differ), protobuf does not (a map field would be larger than in the packaged library).
#pragma once
#include <memory>
#undef __SANITIZE_THREAD__
