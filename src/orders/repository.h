// Rows of this module's tables <-> types. The only place of its SQL. Every lookup on the payment path is by primary
// key.
//
// Reads come as queries and readers, so that a use case can put several into one round trip:
//   KARV_TRY(auto rows, tx.read({find_order(id), captures_of(id)}));
//   auto order = read_order(rows[0]);  auto captures = read_captures(rows[1]);
// Updates check the version they were decided on: a row that changed meanwhile fails the transaction with `conflict`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orders/types.h"
#include "store/database.h"

namespace karv::orders {

// The writing statements themselves, for a use case that serialises its rows before its transaction (prepared.h); each
// touches one row. Pre (update_of): version was raised by one.
store::Query insertion_of(const PaymentSession& session);
store::Query insertion_of(const Order& order);
store::Query update_of(const PaymentSession& session);
store::Query update_of(const Authorization& authorization);

store::Query find_session(PaymentSessionId id);
store::Query find_session_of(AuthorizationId id);
std::optional<PaymentSession> read_session(const store::Rows& rows);
void update_session(store::Tx& tx, const PaymentSession& session);  // Pre: version was raised by one

store::Query find_authorization(AuthorizationId id);
store::Query open_authorizations_before(AuthorizationState state, base::Instant before, std::int64_t limit);
std::vector<Authorization> read_authorizations(const store::Rows& rows);
std::optional<Authorization> read_authorization(const store::Rows& rows);
void insert_authorization(store::Tx& tx, const Authorization& authorization);
void update_authorization(store::Tx& tx, const Authorization& authorization);

store::Query find_order(OrderId id);
store::Query find_order_of(AuthorizationId id);
store::Query find_order_id_of(PaymentSessionId id);  // of the session's authorization
std::optional<OrderId> read_order_id(const store::Rows& rows);
store::Query orders_of_customer(identity::CustomerId id, std::int64_t limit);  // newest first
store::Query open_orders_before(OrderStatus status, base::Instant before, std::int64_t limit);
store::Query pending_orders(std::int64_t limit);  // fraud_status PENDING
std::optional<Order> read_order(const store::Rows& rows);
std::vector<Order> read_orders(const store::Rows& rows);
void update_order(store::Tx& tx, const Order& order);

store::Query captures_of(OrderId id);
std::vector<Capture> read_captures(const store::Rows& rows);  // oldest first
void insert_capture(store::Tx& tx, const Capture& capture);
void update_capture(store::Tx& tx, const Capture& capture);

store::Query refunds_of(OrderId id);
std::vector<Refund> read_refunds(const store::Rows& rows);  // oldest first
void insert_refund(store::Tx& tx, const Refund& refund);

// One remembered answer of a mutating call.
struct RememberedReply {
  base::Bytes request_digest;
  int status = 0;
  std::string reply;  // JSON, see idempotency.h
  base::Instant created_at;
};
store::Query find_reply(identity::MerchantId merchant, const base::Bytes& key_digest);
std::optional<RememberedReply> read_reply(const store::Rows& rows);
void insert_reply(store::Tx& tx, identity::MerchantId merchant, const base::Bytes& key_digest,
                  const RememberedReply& reply);
store::Query replies_before(base::Instant before, std::int64_t limit);
struct ReplyKey {
  identity::MerchantId merchant;
  base::Bytes key_digest;
};
std::vector<ReplyKey> read_reply_keys(const store::Rows& rows);
void delete_reply(store::Tx& tx, identity::MerchantId merchant, const base::Bytes& key_digest);

}  // namespace karv::orders
