// Secret<T> cannot be copied.
// expect: uses deleted function
#include "base/secret.h"

using Pin = karv::base::Secret<int>;
Pin given(Pin& from) { return std::move(from); }
#ifdef KARV_MISUSE
Pin taken(Pin& from) { return Pin(from); }
#endif
