// Internal detail cannot be given where the caller's text belongs.
// expect: no matching constructor for initialization of 'Error'
#include "base/error.h"

using namespace karv::base;

Error both() { return Error(ErrorCode::internal, PublicText("sorry"), InternalDetail("row 7 is gone")); }
#ifdef KARV_MISUSE
Error swapped() { return Error(ErrorCode::internal, InternalDetail("row 7 is gone"), PublicText("sorry")); }
#endif
