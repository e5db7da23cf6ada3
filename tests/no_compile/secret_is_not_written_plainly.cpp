// A secret is not written by a plain writer.
// expect: constraints not satisfied
#include "json/writer.h"

void wiped(karv::json::SecretWriter& out, const karv::base::SecretBytes& pin) { out.secret_member("pin", pin); }
#ifdef KARV_MISUSE
void plain(karv::json::Writer& out, const karv::base::SecretBytes& pin) { out.secret_member("pin", pin); }
#endif
