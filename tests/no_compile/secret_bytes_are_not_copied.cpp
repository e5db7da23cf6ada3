// SecretBytes cannot be copied: a copy would be one more place to wipe.
// expect: uses deleted function
#include "base/secret.h"

karv::base::SecretBytes given(karv::base::SecretBytes& from) { return std::move(from); }
#ifdef KARV_MISUSE
karv::base::SecretBytes taken(karv::base::SecretBytes& from) { return karv::base::SecretBytes(from); }
#endif
