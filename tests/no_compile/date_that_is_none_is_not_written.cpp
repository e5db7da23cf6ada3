// A date known at compile time exists.
// expect: is not a constant expression
#include "calendar/date.h"

using karv::calendar::Date;

Date right() { return Date::of(2028, 2, 29); }
#ifdef KARV_MISUSE
Date wrong() { return Date::of(2027, 2, 29); }
#endif
