// A secret does not turn into text by itself.
// expect: no viable conversion from returned value of type 'const karv::base::SecretBytes'
#include "base/secret.h"

std::string_view look(const karv::base::SecretBytes& secret) { return secret.expose_text(); }
#ifdef KARV_MISUSE
std::string_view peek(const karv::base::SecretBytes& secret) { return secret; }
#endif
