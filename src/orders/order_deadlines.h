// What happens to orders and authorizations when their time comes; run by jobs.
//
// Each handles at most `limit` rows, one transaction each, so that one that cannot be handled is logged and does not
// keep the others waiting. Answers how many were changed.
#pragma once

#include "orders/context.h"
#include "store/database.h"

namespace karv::orders {

// Uncaptured orders past their time end, their holds are given free.
base::Result<std::int64_t> expire_orders(store::Database& database, const Context& context, std::int64_t limit);
// Pending fraud decisions whose minute has come fall. An accepted order that the shop wanted captured at once
// (auto_capture) is captured with the decision; a rejected one never is.
base::Result<std::int64_t> decide_pending_orders(store::Database& database, const Context& context, std::int64_t limit);
// Authorizations whose order was never placed end.
base::Result<std::int64_t> expire_authorizations(store::Database& database, const Context& context, std::int64_t limit);

}  // namespace karv::orders
