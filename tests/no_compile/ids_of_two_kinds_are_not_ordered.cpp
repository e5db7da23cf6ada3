// Ids of two kinds cannot be ordered.
// expect: invalid operands to binary expression ('OrderId'
#include "base/id.h"

struct OrderTag;
struct CaptureTag;
using OrderId = karv::base::Id<OrderTag>;
using CaptureId = karv::base::Id<CaptureTag>;

bool before(OrderId a, OrderId b) { return a < b; }
#ifdef KARV_MISUSE
bool mixed(OrderId a, CaptureId b) { return a < b; }
#endif
