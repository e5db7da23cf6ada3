// Boost.JSON from its sources, so that the fuzzer sees into it: the packaged library is not instrumented.
#include <boost/json/src.hpp>
