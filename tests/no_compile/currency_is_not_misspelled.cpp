// A currency known at compile time is one of the table.
// expect: is not a constant expression
#include "money/currency.h"

using karv::money::Currency;

Currency right() { return Currency::of("SEK"); }
#ifdef KARV_MISUSE
Currency wrong() { return Currency::of("SKE"); }
#endif
