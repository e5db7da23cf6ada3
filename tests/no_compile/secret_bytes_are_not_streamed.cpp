// SecretBytes cannot be printed.
// expect: invalid operands to binary expression
#include <ostream>

#include "base/secret.h"

void print_size(std::ostream& out, const karv::base::SecretBytes& secret) { out << secret.size(); }
#ifdef KARV_MISUSE
void print(std::ostream& out, const karv::base::SecretBytes& secret) { out << secret; }
#endif
