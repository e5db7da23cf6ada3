// Money cannot be made from floating point.
// expect: deleted
#include "money/money.h"

using karv::money::Currency;
using karv::money::Money;

Money exact() { return Money(1050, Currency::of("SEK")); }
#ifdef KARV_MISUSE
Money cut() { return Money(10.5, Currency::of("SEK")); }
#endif
