// What the audit log keeps of a purchase: one record per deed, in the deed's own transaction.
#pragma once

#include <string>
#include <vector>

#include "audit/record.h"
#include "orders/context.h"
#include "orders/types.h"

namespace karv::orders {

inline audit::Actor by_merchant(identity::MerchantId id) { return {audit::ActorKind::merchant, id.text()}; }
inline audit::Actor by_customer(identity::CustomerId id) { return {audit::ActorKind::customer, id.text()}; }
inline audit::Actor by_system(std::string job) { return {audit::ActorKind::system, std::move(job)}; }

struct Deed {
  audit::Actor actor;
  std::string action;      // a stable word: "order_captured"
  audit::Subject subject;  // {"order", id}
  std::string correlation_id = {};
  std::vector<audit::Detail> details = {};  // amounts in minor units, ids, words of ours
};
// Effects: one audit record. Cost: with the commit.
void record_deed(store::Tx& tx, const Context& context, Deed deed);

}  // namespace karv::orders
