#include "orders/schema.h"

#include <array>

namespace karv::orders {
namespace {

constexpr const char* kPaymentSessions = R"(
  create table payment_sessions (
    session_id BYTEA primary key,
    merchant_id BYTEA not null,
    status TEXT not null,
    intent TEXT not null,
    purchase_country TEXT not null,
    purchase_currency TEXT not null,
    locale TEXT not null,
    order_amount BIGINT not null,
    cart TEXT not null,
    details BYTEA,
    authorization_id BYTEA,
    created_at BIGINT not null,
    expires_at BIGINT not null,
    version BIGINT not null
  ))";
constexpr const char* kAuthorizations = R"(
  create table authorizations (
    authorization_id BYTEA primary key,
    session_id BYTEA not null,
    merchant_id BYTEA not null,
    customer_id BYTEA not null,
    state TEXT not null,
    plan TEXT not null,
    terms_hash TEXT not null,
    hold_operation BYTEA,
    agreement_id BYTEA,
    refusal TEXT,
    order_amount BIGINT not null,
    fraud_status TEXT not null,
    pending_until BIGINT,
    pending_accepts BIGINT not null,
    order_id BYTEA,
    order_request_digest TEXT,
    order_reply TEXT,
    created_at BIGINT not null,
    expires_at BIGINT not null,
    version BIGINT not null
  ))";
constexpr const char* kAuthorizationsOpen = "create index authorizations_open on authorizations (state, expires_at)";
constexpr const char* kOrders = R"(
  create table orders (
    order_id BYTEA primary key,
    merchant_id BYTEA not null,
    customer_id BYTEA not null,
    session_id BYTEA not null,
    authorization_id BYTEA not null,
    agreement_id BYTEA not null,
    plan TEXT not null,
    status TEXT not null,
    fraud_status TEXT not null,
    purchase_country TEXT not null,
    purchase_currency TEXT not null,
    locale TEXT not null,
    reference TEXT not null,
    order_amount BIGINT not null,
    original_order_amount BIGINT not null,
    captured_amount BIGINT not null,
    refunded_amount BIGINT not null,
    remaining_authorized_amount BIGINT not null,
    cart TEXT not null,
    details BYTEA,
    acknowledged_at BIGINT,
    created_at BIGINT not null,
    expires_at BIGINT not null,
    version BIGINT not null
  ))";
constexpr const char* kOrdersOfCustomer = "create index orders_of_customer on orders (customer_id, order_id)";
constexpr const char* kOrdersOpen = "create index orders_open on orders (status, expires_at)";
constexpr const char* kCaptures = R"(
  create table captures (
    order_id BYTEA not null,
    capture_id BYTEA not null,
    number BIGINT not null,
    captured_amount BIGINT not null,
    refunded_amount BIGINT not null,
    klarna_reference TEXT not null,
    reference TEXT,
    description TEXT,
    order_lines TEXT not null,
    shipping_info TEXT not null,
    captured_at BIGINT not null,
    version BIGINT not null,
    primary key (order_id, capture_id)
  ))";
constexpr const char* kRefunds = R"(
  create table refunds (
    order_id BYTEA not null,
    refund_id BYTEA not null,
    refunded_amount BIGINT not null,
    to_card_amount BIGINT not null,
    reference TEXT,
    description TEXT,
    order_lines TEXT not null,
    refunded_at BIGINT not null,
    primary key (order_id, refund_id)
  ))";
constexpr const char* kIdempotencyKeys = R"(
  create table idempotency_keys (
    merchant_id BYTEA not null,
    key_digest BYTEA not null,
    request_digest BYTEA not null,
    status BIGINT not null,
    reply TEXT not null,
    created_at BIGINT not null,
    primary key (merchant_id, key_digest)
  ))";

constexpr const char* kIdempotencyKeysByAge = "create index idempotency_keys_by_age on idempotency_keys (created_at)";

// 1: the shop asked for everything to be captured as soon as the order may be.
constexpr const char* kOrdersAutoCapture = "alter table orders add column auto_capture BIGINT not null default 0";

const std::array<store::Migration, 3> kMigrations{{
    {70001,
     "purchase",
     {kPaymentSessions, kAuthorizations, kAuthorizationsOpen, kOrders, kOrdersOfCustomer, kOrdersOpen, kCaptures,
      kRefunds, kIdempotencyKeys}},
    {70002, "idempotency_keys_by_age", {kIdempotencyKeysByAge}},
    {70003, "orders_auto_capture", {kOrdersAutoCapture}},
}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }

}  // namespace karv::orders
