// Boost.JSON compiled with the targets' instrumentation, so that the fuzzer sees into the parser. Linked by all targets.
#include <boost/json/src.hpp>
