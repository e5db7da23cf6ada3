#include "orders/order_deadlines.h"

#include "base/check.h"
#include "base/log.h"
#include "orders/authorization_service.h"
#include "orders/capture_service.h"
#include "orders/repository.h"
#include "orders/rules.h"
#include "orders/trail.h"

namespace karv::orders {
namespace {

using base::Result;

constexpr std::int64_t kPendingLooks = 1000;  // pending orders are few, and each is looked at until its minute comes

// Handles each row in a transaction of its own; a row that changed meanwhile fails on its version and is left alone.
template <class T, class Handle>
Result<std::int64_t> handle_each(store::Database& database, const char* job, const std::vector<T>& rows,
                                 Handle handle) {
  std::int64_t changed = 0;
  for (const T& row : rows) {
    const auto done = database.write<void>(job, [&](store::Tx& tx) { return handle(tx, row); });
    if (done.ok()) {
      ++changed;
    } else {
      base::log::error(
          "deadline_not_handled",
          {{"job", job}, {"code", base::row_of(done.error().code()).name}, {"detail", done.error().internal_text()}});
    }
  }
  return changed;
}

void record_end(store::Tx& tx, const Context& context, const char* job, std::string action, audit::Subject subject) {
  record_deed(tx, context, {.actor = by_system(job), .action = std::move(action), .subject = std::move(subject)});
}

Result<void> expire_one(store::Tx& tx, const Context& context, const Order& order) {
  KARV_TRY(auto next, decide_expire(order, context.business.now()));
  update_order(tx, next);
  record_end(tx, context, "expired_orders", "order_expired", {"order", next.order_id.text()});
  publish_after_commit(tx, context, next.customer_id, next.order_id);
  return give_up_rest(tx, context, next);
}

struct PendingOrder {
  Order order;
  bool accepted = true;
};

Result<std::vector<PendingOrder>> find_decided(store::Database& database, const Context& context, std::int64_t limit) {
  return database.read<std::vector<PendingOrder>>(
      "pending_orders", [&](store::ReadTx& tx) -> Result<std::vector<PendingOrder>> {
        KARV_TRY(auto rows, tx.read({pending_orders(kPendingLooks)}));
        std::vector<PendingOrder> decided;
        for (auto& order : read_orders(rows[0])) {
          if (static_cast<std::int64_t>(decided.size()) == limit) break;
          KARV_TRY(auto found, tx.read({find_authorization(order.authorization_id)}));
          const auto authorization = read_authorization(found[0]);
          KARV_REQUIRE(authorization.has_value());
          if (!authorization->pending_until || context.business.now() < *authorization->pending_until) continue;
          decided.push_back({std::move(order), authorization->pending_accepts});
        }
        return decided;
      });
}

Result<void> capture_accepted(store::Tx& tx, const Context& context, const Order& order) {
  KARV_TRY(const auto merchant, identity::get_merchant(tx, order.merchant_id));
  return capture_whole(tx, context, order, merchant.name);
}

Result<void> decide_one(store::Tx& tx, const Context& context, const PendingOrder& pending) {
  Order order = pending.order;
  order.fraud_status = pending.accepted ? FraudStatus::ACCEPTED : FraudStatus::REJECTED;
  order.version += 1;
  if (!pending.accepted) {
    order.status = OrderStatus::CANCELLED;
    order.remaining_authorized_amount = 0;
  }
  update_order(tx, order);
  record_end(tx, context, "pending_orders", pending.accepted ? "order_accepted" : "order_rejected",
             {"order", order.order_id.text()});
  publish_after_commit(tx, context, order.customer_id, order.order_id);
  if (!pending.accepted) return give_up_rest(tx, context, order);
  // One that ran out of time meanwhile is left to the job that ends it.
  const bool in_time = context.business.now() < order.expires_at;
  return order.auto_capture && in_time ? capture_accepted(tx, context, order) : Result<void>{};
}

}  // namespace

Result<std::int64_t> expire_orders(store::Database& database, const Context& context, std::int64_t limit) {
  std::int64_t changed = 0;
  for (const auto status : {OrderStatus::AUTHORIZED, OrderStatus::PART_CAPTURED}) {
    KARV_TRY(auto orders,
             database.read<std::vector<Order>>("open_orders", [&](store::ReadTx& tx) -> Result<std::vector<Order>> {
               KARV_TRY(auto rows, tx.read({open_orders_before(status, context.business.now(), limit)}));
               return read_orders(rows[0]);
             }));
    KARV_TRY(const auto done, handle_each(database, "expire_order", orders, [&](store::Tx& tx, const Order& order) {
               return expire_one(tx, context, order);
             }));
    changed += done;
  }
  return changed;
}

Result<std::int64_t> decide_pending_orders(store::Database& database, const Context& context, std::int64_t limit) {
  KARV_TRY(auto decided, find_decided(database, context, limit));
  return handle_each(database, "decide_pending", decided,
                     [&](store::Tx& tx, const PendingOrder& pending) { return decide_one(tx, context, pending); });
}

Result<std::int64_t> expire_authorizations(store::Database& database, const Context& context, std::int64_t limit) {
  KARV_TRY(auto ended, database.read<std::vector<Authorization>>(
                           "open_authorizations", [&](store::ReadTx& tx) -> Result<std::vector<Authorization>> {
                             KARV_TRY(auto rows, tx.read({open_authorizations_before(AuthorizationState::approved,
                                                                                     context.business.now(), limit)}));
                             return read_authorizations(rows[0]);
                           }));
  return handle_each(database, "expire_authorization", ended, [&](store::Tx& tx, const Authorization& authorization) {
    record_end(tx, context, "expired_tokens", "authorization_expired",
               {"authorization", authorization.authorization_id.text()});
    return withdraw_authorization(tx, context, authorization);
  });
}

}  // namespace karv::orders
