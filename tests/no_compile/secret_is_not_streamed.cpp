// Secret<T> cannot be printed, although its T can.
// expect: invalid operands to binary expression
#include <ostream>

#include "base/secret.h"

void print_exposed(std::ostream& out, const karv::base::Secret<int>& secret) { out << secret.expose(); }
#ifdef KARV_MISUSE
void print(std::ostream& out, const karv::base::Secret<int>& secret) { out << secret; }
#endif
