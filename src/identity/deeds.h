// What this module writes into the audit log: credentials made and disabled, sign-ins, codes exhausted, people erased,
// a shop's origins. People and things by id only.
#pragma once

#include <string>
#include <string_view>

#include "audit/record.h"
#include "identity/service.h"

namespace karv::identity {

struct Deed {
  audit::Actor actor;
  std::string_view action;
  audit::Subject subject;
  std::string details = "{}";  // audit::details_text()
};
// Effects: one audit record with the commit.
inline void record_deed(store::Tx& tx, const Context& context, Deed deed) {
  audit::Record record;
  record.id = base::make_id<audit::RecordTag>(context.wall, context.random);
  record.actor = std::move(deed.actor);
  record.action = std::string(deed.action);
  record.subject = std::move(deed.subject);
  record.business_time = context.business.now();
  record.wall_time = context.wall.now();
  record.correlation_id = context.correlation_id;
  record.details = std::move(deed.details);
  audit::append(tx, std::move(record));
}

}  // namespace karv::identity
