// Secrets cannot be assigned by copy.
// expect: overload resolution selected deleted operator '='
#include "base/secret.h"

void give(karv::base::SecretBytes& to, karv::base::SecretBytes& from) { to = std::move(from); }
#ifdef KARV_MISUSE
void take(karv::base::SecretBytes& to, karv::base::SecretBytes& from) { to = from; }
#endif
