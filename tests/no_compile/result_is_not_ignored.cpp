// A Result cannot be dropped: it may be a refusal.
// expect: ignoring return value of
#include "base/result.h"

karv::base::Result<> store();

bool stored() { return store().ok(); }
#ifdef KARV_MISUSE
void forget() { store(); }
#endif
