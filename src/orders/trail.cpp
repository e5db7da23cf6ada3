#include "orders/trail.h"

namespace karv::orders {

void record_deed(store::Tx& tx, const Context& context, Deed deed) {
  audit::append(tx, {.id = base::make_id<audit::RecordTag>(context.wall, context.random),
                     .actor = std::move(deed.actor),
                     .action = std::move(deed.action),
                     .subject = std::move(deed.subject),
                     .reason = {},
                     .business_time = context.business.now(),
                     .wall_time = context.wall.now(),
                     .correlation_id = std::move(deed.correlation_id),
                     .details = audit::details_text(std::move(deed.details))});
}

}  // namespace karv::orders
