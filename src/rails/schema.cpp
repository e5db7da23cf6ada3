#include "rails/schema.h"

#include <array>

namespace karv::rails {
namespace {

constexpr const char* kCardOperations = R"(
  create table card_operations (
    operation_id BYTEA primary key,
    purchase BYTEA not null,
    customer_id BYTEA not null,
    merchant_id BYTEA not null,
    subject BYTEA not null,
    kind TEXT not null,
    state TEXT not null,
    vault_token TEXT not null,
    amount_minor BIGINT not null,
    currency TEXT not null,
    merchant_name TEXT not null,
    merchant_reference TEXT not null,
    by_cardholder BIGINT not null,
    original BYTEA,
    response_code TEXT not null,
    approval_code TEXT not null,
    network_reference TEXT not null,
    created_at BIGINT not null,
    next_attempt_at BIGINT not null,
    attempts BIGINT not null,
    version BIGINT not null
  ))";
constexpr const char* kOfPurchase = "create index card_operations_of_purchase on card_operations (purchase)";
constexpr const char* kWaiting = R"(
  create index card_operations_waiting on card_operations (state, next_attempt_at)
  where state = 'queued' or state = 'intended')";
constexpr const char* kPurchaseCards = R"(
  create table purchase_cards (
    purchase BYTEA primary key,
    customer_id BYTEA not null,
    vault_token TEXT not null,
    brand TEXT not null,
    last4 TEXT not null,
    expiry TEXT not null,
    version BIGINT not null
  ))";
constexpr const char* kPurchaseCardsOfCustomer =
    "create index purchase_cards_of_customer on purchase_cards (customer_id)";
constexpr const char* kCustomerCards = R"(
  create table customer_cards (
    card_id BYTEA primary key,
    customer_id BYTEA not null,
    saved_token TEXT not null,
    brand TEXT not null,
    last4 TEXT not null,
    expiry TEXT not null,
    fingerprint TEXT not null,
    active BIGINT not null,
    created_at BIGINT not null
  ))";
constexpr const char* kCustomerCardsOfCustomer =
    "create index customer_cards_of_customer on customer_cards (customer_id)";

constexpr const char* kNoWaiting = "drop index card_operations_waiting";
constexpr const char* kWaitingOrAccepted = R"(
  create index card_operations_waiting on card_operations (state, next_attempt_at)
  where state = 'queued' or state = 'intended' or state = 'accepted')";

constexpr const char* kCardEndings = R"(
  create table card_endings (
    card_id BYTEA primary key,
    customer_id BYTEA not null,
    vault_token TEXT not null,
    fingerprint TEXT not null,
    refund_until BIGINT not null,
    next_attempt_at BIGINT not null,
    attempts BIGINT not null
  ))";
constexpr const char* kCardEndingsDue = "create index card_endings_due on card_endings (next_attempt_at)";
constexpr const char* kCardEndingsOfCustomer = "create index card_endings_of_customer on card_endings (customer_id)";

const std::array<store::Migration, 3> kMigrations{{
    {52001,
     "card_rail",
     {kCardOperations, kOfPurchase, kWaiting, kPurchaseCards, kPurchaseCardsOfCustomer, kCustomerCards,
      kCustomerCardsOfCustomer}},
    {52002, "advices_followed", {kNoWaiting, kWaitingOrAccepted}},
    {52003, "card_endings", {kCardEndings, kCardEndingsDue, kCardEndingsOfCustomer}},
}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }

}  // namespace karv::rails
