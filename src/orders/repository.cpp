#include "orders/repository.h"

#include "orders/row_codec.h"

namespace karv::orders {
namespace {

using base::Bytes;
using base::Instant;
using store::Query;
using store::Row;
using store::Rows;
using store::Sql;

constexpr Sql kInsertSession = R"(
  insert into payment_sessions (session_id, merchant_id, status, intent, purchase_country, purchase_currency, locale,
    order_amount, cart, details, authorization_id, created_at, expires_at, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14))";
constexpr Sql kUpdateSession = R"(
  update payment_sessions set status = $1, purchase_country = $2, purchase_currency = $3, locale = $4,
    order_amount = $5, cart = $6, details = $7, authorization_id = $8, intent = $9, version = $10
  where session_id = $11 and version = $12)";
constexpr Sql kFindSession = R"(
  select session_id, merchant_id, status, intent, purchase_country, purchase_currency, locale, order_amount, cart,
    details, authorization_id, created_at, expires_at, version
  from payment_sessions where session_id = $1)";
constexpr Sql kFindSessionOf = R"(
  select session_id, merchant_id, status, intent, purchase_country, purchase_currency, locale, order_amount, cart,
    details, authorization_id, created_at, expires_at, version
  from payment_sessions
  where session_id = (select session_id from authorizations where authorization_id = $1))";

constexpr Sql kInsertAuthorization = R"(
  insert into authorizations (authorization_id, session_id, merchant_id, customer_id, state, plan, terms_hash,
    hold_operation, agreement_id, refusal, order_amount, fraud_status, pending_until, pending_accepts, order_id,
    order_request_digest, order_reply, created_at, expires_at, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20))";
constexpr Sql kUpdateAuthorization = R"(
  update authorizations set state = $1, agreement_id = $2, refusal = $3, order_id = $4, order_request_digest = $5,
    order_reply = $6, version = $7
  where authorization_id = $8 and version = $9)";
constexpr Sql kFindAuthorization = R"(
  select authorization_id, session_id, merchant_id, customer_id, state, plan, terms_hash, hold_operation, agreement_id,
    refusal, order_amount, fraud_status, pending_until, pending_accepts, order_id, order_request_digest, order_reply,
    created_at, expires_at, version
  from authorizations where authorization_id = $1)";
constexpr Sql kOpenAuthorizations = R"(
  select authorization_id, session_id, merchant_id, customer_id, state, plan, terms_hash, hold_operation, agreement_id,
    refusal, order_amount, fraud_status, pending_until, pending_accepts, order_id, order_request_digest, order_reply,
    created_at, expires_at, version
  from authorizations where state = $1 and expires_at < $2 order by expires_at limit $3)";

constexpr Sql kInsertOrder = R"(
  insert into orders (order_id, merchant_id, customer_id, session_id, authorization_id, agreement_id, plan, status,
    fraud_status, purchase_country, purchase_currency, locale, reference, order_amount, original_order_amount,
    captured_amount, refunded_amount, remaining_authorized_amount, cart, details, acknowledged_at, created_at,
    expires_at, version, auto_capture)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
    $24, $25))";
constexpr Sql kUpdateOrder = R"(
  update orders set status = $1, fraud_status = $2, order_amount = $3, captured_amount = $4, refunded_amount = $5,
    remaining_authorized_amount = $6, cart = $7, acknowledged_at = $8, expires_at = $9, version = $10
  where order_id = $11 and version = $12)";
constexpr Sql kFindOrder = R"(
  select order_id, merchant_id, customer_id, session_id, authorization_id, agreement_id, plan, status, fraud_status,
    purchase_country, purchase_currency, locale, reference, order_amount, original_order_amount, captured_amount,
    refunded_amount, remaining_authorized_amount, cart, details, acknowledged_at, created_at, expires_at, version,
    auto_capture
  from orders where order_id = $1)";
constexpr Sql kFindOrderOf = R"(
  select order_id, merchant_id, customer_id, session_id, authorization_id, agreement_id, plan, status, fraud_status,
    purchase_country, purchase_currency, locale, reference, order_amount, original_order_amount, captured_amount,
    refunded_amount, remaining_authorized_amount, cart, details, acknowledged_at, created_at, expires_at, version,
    auto_capture
  from orders where order_id = (select order_id from authorizations where authorization_id = $1))";
constexpr Sql kFindOrderIdOf = R"(
  select order_id from authorizations
  where authorization_id = (select authorization_id from payment_sessions where session_id = $1))";
constexpr Sql kOrdersOfCustomer = R"(
  select order_id, merchant_id, customer_id, session_id, authorization_id, agreement_id, plan, status, fraud_status,
    purchase_country, purchase_currency, locale, reference, order_amount, original_order_amount, captured_amount,
    refunded_amount, remaining_authorized_amount, cart, details, acknowledged_at, created_at, expires_at, version,
    auto_capture
  from orders where customer_id = $1 order by order_id desc limit $2)";
constexpr Sql kOpenOrders = R"(
  select order_id, merchant_id, customer_id, session_id, authorization_id, agreement_id, plan, status, fraud_status,
    purchase_country, purchase_currency, locale, reference, order_amount, original_order_amount, captured_amount,
    refunded_amount, remaining_authorized_amount, cart, details, acknowledged_at, created_at, expires_at, version,
    auto_capture
  from orders where status = $1 and expires_at <= $2 order by expires_at limit $3)";
constexpr Sql kPendingOrders = R"(
  select order_id, merchant_id, customer_id, session_id, authorization_id, agreement_id, plan, status, fraud_status,
    purchase_country, purchase_currency, locale, reference, order_amount, original_order_amount, captured_amount,
    refunded_amount, remaining_authorized_amount, cart, details, acknowledged_at, created_at, expires_at, version,
    auto_capture
  from orders where status = 'AUTHORIZED' and fraud_status = 'PENDING' order by order_id limit $1)";

constexpr Sql kInsertCapture = R"(
  insert into captures (order_id, capture_id, number, captured_amount, refunded_amount, klarna_reference, reference,
    description, order_lines, shipping_info, captured_at, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))";
constexpr Sql kUpdateCapture = R"(
  update captures set refunded_amount = $1, version = $2 where order_id = $3 and capture_id = $4 and version = $5)";
constexpr Sql kCapturesOf = R"(
  select order_id, capture_id, number, captured_amount, refunded_amount, klarna_reference, reference, description,
    order_lines, shipping_info, captured_at, version
  from captures where order_id = $1 order by number)";

constexpr Sql kInsertRefund = R"(
  insert into refunds (order_id, refund_id, refunded_amount, to_card_amount, reference, description, order_lines,
    refunded_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8))";
constexpr Sql kRefundsOf = R"(
  select order_id, refund_id, refunded_amount, to_card_amount, reference, description, order_lines, refunded_at
  from refunds where order_id = $1 order by refund_id)";

constexpr Sql kFindReply = R"(
  select request_digest, status, reply, created_at from idempotency_keys
  where merchant_id = $1 and key_digest = $2)";
constexpr Sql kInsertReply = R"(
  insert into idempotency_keys (merchant_id, key_digest, request_digest, status, reply, created_at)
  values ($1, $2, $3, $4, $5, $6))";
constexpr Sql kRepliesBefore = R"(
  select merchant_id, key_digest from idempotency_keys where created_at < $1 order by created_at limit $2)";
constexpr Sql kDeleteReply = "delete from idempotency_keys where merchant_id = $1 and key_digest = $2";

credit::Plan plan_of(const std::string& stored) {
  const auto plan = credit::plan_from(stored);
  KARV_REQUIRE(plan.has_value());
  return *plan;
}

PaymentSession session_from(const Row& row) {
  PaymentSession session;
  session.session_id = row.id<PaymentSessionId>(0);
  session.merchant_id = row.id<identity::MerchantId>(1);
  session.status = value_of<SessionStatus>(row.text(2));
  session.intent = value_of<Intent>(row.text(3));
  session.purchase_country = row.text(4);
  session.purchase_currency = row.text(5);
  session.locale = row.text(6);
  session.order_amount = row.integer(7);
  session.cart = stored_json<Cart>(row.text(8));
  session.sealed_details = row.bytes_or_null(9).value_or(Bytes{});
  session.authorization_id = row.id_or_null<AuthorizationId>(10);
  session.created_at = Instant{row.integer(11)};
  session.expires_at = Instant{row.integer(12)};
  session.version = row.integer(13);
  return session;
}

Authorization authorization_from(const Row& row) {
  Authorization authorization;
  authorization.authorization_id = row.id<AuthorizationId>(0);
  authorization.session_id = row.id<PaymentSessionId>(1);
  authorization.merchant_id = row.id<identity::MerchantId>(2);
  authorization.customer_id = row.id<identity::CustomerId>(3);
  authorization.state = value_of<AuthorizationState>(row.text(4));
  authorization.plan = plan_of(row.text(5));
  authorization.terms_hash = row.text(6);
  if (const auto operation = row.id_or_null<base::Id<struct OperationTag>>(7))
    authorization.hold_operation = operation->uuid();
  authorization.agreement_id = row.id_or_null<credit::AgreementId>(8);
  authorization.refusal = row.text_or_null(9);
  authorization.order_amount = row.integer(10);
  authorization.fraud_status = row.text(11);
  authorization.pending_until = instant_of(row.integer_or_null(12));
  authorization.pending_accepts = row.integer(13) != 0;
  authorization.order_id = row.id_or_null<OrderId>(14);
  authorization.order_request_digest = row.text_or_null(15);
  authorization.order_reply = row.text_or_null(16);
  authorization.created_at = Instant{row.integer(17)};
  authorization.expires_at = Instant{row.integer(18)};
  authorization.version = row.integer(19);
  return authorization;
}

Order order_from(const Row& row) {
  Order order;
  order.order_id = row.id<OrderId>(0);
  order.merchant_id = row.id<identity::MerchantId>(1);
  order.customer_id = row.id<identity::CustomerId>(2);
  order.session_id = row.id<PaymentSessionId>(3);
  order.authorization_id = row.id<AuthorizationId>(4);
  order.agreement_id = row.id<credit::AgreementId>(5);
  order.plan = plan_of(row.text(6));
  order.status = value_of<OrderStatus>(row.text(7));
  order.fraud_status = value_of<FraudStatus>(row.text(8));
  order.purchase_country = row.text(9);
  order.purchase_currency = row.text(10);
  order.locale = row.text(11);
  order.reference = row.text(12);
  order.order_amount = row.integer(13);
  order.original_order_amount = row.integer(14);
  order.captured_amount = row.integer(15);
  order.refunded_amount = row.integer(16);
  order.remaining_authorized_amount = row.integer(17);
  order.cart = stored_json<Cart>(row.text(18));
  order.sealed_details = row.bytes_or_null(19).value_or(Bytes{});
  order.acknowledged_at = instant_of(row.integer_or_null(20));
  order.created_at = Instant{row.integer(21)};
  order.expires_at = Instant{row.integer(22)};
  order.version = row.integer(23);
  order.auto_capture = row.integer(24) != 0;
  return order;
}

Capture capture_from(const Row& row) {
  Capture capture;
  capture.order_id = row.id<OrderId>(0);
  capture.capture_id = row.id<CaptureId>(1);
  capture.number = row.integer(2);
  capture.captured_amount = row.integer(3);
  capture.refunded_amount = row.integer(4);
  capture.klarna_reference = row.text(5);
  capture.reference = row.text_or_null(6);
  capture.description = row.text_or_null(7);
  capture.order_lines = stored_json<std::vector<OrderLine>>(row.text(8));
  capture.shipping_info = stored_json<std::vector<ShippingInfo>>(row.text(9));
  capture.captured_at = Instant{row.integer(10)};
  capture.version = row.integer(11);
  return capture;
}

Refund refund_from(const Row& row) {
  Refund refund;
  refund.order_id = row.id<OrderId>(0);
  refund.refund_id = row.id<RefundId>(1);
  refund.refunded_amount = row.integer(2);
  refund.to_card_amount = row.integer(3);
  refund.reference = row.text_or_null(4);
  refund.description = row.text_or_null(5);
  refund.order_lines = stored_json<std::vector<OrderLine>>(row.text(6));
  refund.refunded_at = Instant{row.integer(7)};
  return refund;
}

template <class T>
std::vector<T> all_from(const Rows& rows, T (*from)(const Row&)) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(from(row));
  return out;
}

template <class T>
std::optional<T> first_from(const Rows& rows, T (*from)(const Row&)) {
  return rows.empty() ? std::nullopt : std::optional<T>(from(rows.front()));
}

store::Value bytes_or_null(const Bytes& bytes) { return bytes.empty() ? store::Value{} : store::Value(bytes); }

}  // namespace

Query find_session(PaymentSessionId id) { return {kFindSession, {id}}; }
Query find_session_of(AuthorizationId id) { return {kFindSessionOf, {id}}; }
std::optional<PaymentSession> read_session(const Rows& rows) { return first_from(rows, session_from); }

Query insertion_of(const PaymentSession& s) {
  return {kInsertSession,
          {s.session_id, s.merchant_id, word(s.status), word(s.intent), s.purchase_country, s.purchase_currency,
           s.locale, s.order_amount, json::encode(s.cart), bytes_or_null(s.sealed_details), s.authorization_id,
           s.created_at.ms, s.expires_at.ms, s.version}};
}

Query update_of(const PaymentSession& s) {
  return {
      kUpdateSession,
      {word(s.status), s.purchase_country, s.purchase_currency, s.locale, s.order_amount, json::encode(s.cart),
       bytes_or_null(s.sealed_details), s.authorization_id, word(s.intent), s.version, s.session_id, s.version - 1}};
}

void update_session(store::Tx& tx, const PaymentSession& s) { tx.write(update_of(s), 1); }

Query find_authorization(AuthorizationId id) { return {kFindAuthorization, {id}}; }
Query open_authorizations_before(AuthorizationState state, Instant before, std::int64_t limit) {
  return {kOpenAuthorizations, {word(state), before.ms, limit}};
}
std::vector<Authorization> read_authorizations(const Rows& rows) { return all_from(rows, authorization_from); }
std::optional<Authorization> read_authorization(const Rows& rows) { return first_from(rows, authorization_from); }

void insert_authorization(store::Tx& tx, const Authorization& a) {
  std::optional<Bytes> operation;
  if (a.hold_operation) operation = Bytes(a.hold_operation->begin(), a.hold_operation->end());
  tx.write({kInsertAuthorization,
            {a.authorization_id,
             a.session_id,
             a.merchant_id,
             a.customer_id,
             word(a.state),
             std::string(credit::name_of(a.plan)),
             a.terms_hash,
             operation,
             a.agreement_id,
             a.refusal,
             a.order_amount,
             a.fraud_status,
             ms_of(a.pending_until),
             a.pending_accepts ? 1 : 0,
             a.order_id,
             a.order_request_digest,
             a.order_reply,
             a.created_at.ms,
             a.expires_at.ms,
             a.version}},
           1);
}

Query update_of(const Authorization& a) {
  return {kUpdateAuthorization,
          {word(a.state), a.agreement_id, a.refusal, a.order_id, a.order_request_digest, a.order_reply, a.version,
           a.authorization_id, a.version - 1}};
}

void update_authorization(store::Tx& tx, const Authorization& a) { tx.write(update_of(a), 1); }

Query find_order(OrderId id) { return {kFindOrder, {id}}; }
Query find_order_of(AuthorizationId id) { return {kFindOrderOf, {id}}; }
Query find_order_id_of(PaymentSessionId id) { return {kFindOrderIdOf, {id}}; }
std::optional<OrderId> read_order_id(const Rows& rows) {
  return rows.empty() ? std::nullopt : rows.front().id_or_null<OrderId>(0);
}
Query orders_of_customer(identity::CustomerId id, std::int64_t limit) { return {kOrdersOfCustomer, {id, limit}}; }
Query open_orders_before(OrderStatus status, Instant before, std::int64_t limit) {
  return {kOpenOrders, {word(status), before.ms, limit}};
}
Query pending_orders(std::int64_t limit) { return {kPendingOrders, {limit}}; }
std::optional<Order> read_order(const Rows& rows) { return first_from(rows, order_from); }
std::vector<Order> read_orders(const Rows& rows) { return all_from(rows, order_from); }

Query insertion_of(const Order& o) {
  return {kInsertOrder,
          {o.order_id,
           o.merchant_id,
           o.customer_id,
           o.session_id,
           o.authorization_id,
           o.agreement_id,
           std::string(credit::name_of(o.plan)),
           word(o.status),
           word(o.fraud_status),
           o.purchase_country,
           o.purchase_currency,
           o.locale,
           o.reference,
           o.order_amount,
           o.original_order_amount,
           o.captured_amount,
           o.refunded_amount,
           o.remaining_authorized_amount,
           json::encode(o.cart),
           bytes_or_null(o.sealed_details),
           ms_of(o.acknowledged_at),
           o.created_at.ms,
           o.expires_at.ms,
           o.version,
           o.auto_capture ? 1 : 0}};
}

void update_order(store::Tx& tx, const Order& o) {
  tx.write({kUpdateOrder,
            {word(o.status), word(o.fraud_status), o.order_amount, o.captured_amount, o.refunded_amount,
             o.remaining_authorized_amount, json::encode(o.cart), ms_of(o.acknowledged_at), o.expires_at.ms, o.version,
             o.order_id, o.version - 1}},
           1);
}

Query captures_of(OrderId id) { return {kCapturesOf, {id}}; }
std::vector<Capture> read_captures(const Rows& rows) { return all_from(rows, capture_from); }

void insert_capture(store::Tx& tx, const Capture& c) {
  tx.write({kInsertCapture,
            {c.order_id, c.capture_id, c.number, c.captured_amount, c.refunded_amount, c.klarna_reference, c.reference,
             c.description, json::encode(c.order_lines), json::encode(c.shipping_info), c.captured_at.ms, c.version}},
           1);
}

void update_capture(store::Tx& tx, const Capture& c) {
  tx.write({kUpdateCapture, {c.refunded_amount, c.version, c.order_id, c.capture_id, c.version - 1}}, 1);
}

Query refunds_of(OrderId id) { return {kRefundsOf, {id}}; }
std::vector<Refund> read_refunds(const Rows& rows) { return all_from(rows, refund_from); }

void insert_refund(store::Tx& tx, const Refund& r) {
  tx.write({kInsertRefund,
            {r.order_id, r.refund_id, r.refunded_amount, r.to_card_amount, r.reference, r.description,
             json::encode(r.order_lines), r.refunded_at.ms}},
           1);
}

Query find_reply(identity::MerchantId merchant, const Bytes& key_digest) {
  return {kFindReply, {merchant, key_digest}};
}
std::optional<RememberedReply> read_reply(const Rows& rows) {
  if (rows.empty()) return std::nullopt;
  const auto& row = rows.front();
  return RememberedReply{row.bytes(0), static_cast<int>(row.integer(1)), row.text(2), Instant{row.integer(3)}};
}
void insert_reply(store::Tx& tx, identity::MerchantId merchant, const Bytes& key_digest, const RememberedReply& reply) {
  tx.write({kInsertReply, {merchant, key_digest, reply.request_digest, reply.status, reply.reply, reply.created_at.ms}},
           1);
}
Query replies_before(Instant before, std::int64_t limit) { return {kRepliesBefore, {before.ms, limit}}; }
std::vector<ReplyKey> read_reply_keys(const Rows& rows) {
  std::vector<ReplyKey> keys;
  keys.reserve(rows.size());
  for (const auto& row : rows) keys.push_back({row.id<identity::MerchantId>(0), row.bytes(1)});
  return keys;
}
void delete_reply(store::Tx& tx, identity::MerchantId merchant, const Bytes& key_digest) {
  tx.write({kDeleteReply, {merchant, key_digest}}, 1);
}

}  // namespace karv::orders
