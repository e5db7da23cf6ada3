// An id of one kind is not accepted for another.
// expect: no matching function for call to 'read'
#include "base/id.h"

struct OrderTag;
struct CaptureTag;
using OrderId = karv::base::Id<OrderTag>;
using CaptureId = karv::base::Id<CaptureTag>;

void read(OrderId order);

void use(OrderId order) { read(order); }
#ifdef KARV_MISUSE
void misuse(CaptureId capture) { read(capture); }
#endif
