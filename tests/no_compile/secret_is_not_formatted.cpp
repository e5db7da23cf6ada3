// Secrets have no formatter.
// expect: formatter
#include <fmt/format.h>

#include "base/secret.h"

std::string size_of(const karv::base::SecretBytes& secret) { return fmt::format("{}", secret.size()); }
#ifdef KARV_MISUSE
std::string text_of(const karv::base::SecretBytes& secret) { return fmt::format("{}", secret); }
#endif
