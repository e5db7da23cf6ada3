// A secret cannot be a value of a log line.
// expect: no matching constructor for initialization of 'const karv::base::log::Field'
#include "base/log.h"
#include "base/secret.h"

void log_size(const karv::base::SecretBytes& secret) {
  karv::base::log::info("secret_read", {{"size", secret.size()}});
}
#ifdef KARV_MISUSE
void log_it(const karv::base::SecretBytes& secret) { karv::base::log::info("secret_read", {{"value", secret}}); }
#endif
