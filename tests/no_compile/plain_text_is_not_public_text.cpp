// A plain string is neither public nor internal until someone says so.
// expect: no matching constructor for initialization of 'Error'
#include "base/error.h"

using namespace karv::base;

Error said() { return Error(ErrorCode::internal, InternalDetail("row 7 is gone")); }
#ifdef KARV_MISUSE
Error unsaid(std::string text) { return Error(ErrorCode::internal, text); }
#endif
