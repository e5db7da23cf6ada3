#include "rails/repository.h"

#include "base/check.h"

namespace karv::rails {
namespace {

using base::Bytes;
using base::Instant;
using store::Query;
using store::Row;
using store::Rows;
using store::Sql;

constexpr Sql kInsertOperation = R"(
  insert into card_operations (operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency,
    merchant_name, merchant_reference, by_cardholder, original, response_code, approval_code, network_reference,
    created_at, next_attempt_at, attempts, version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21))";
constexpr Sql kUpdateOperation = R"(
  update card_operations set state = $1, response_code = $2, approval_code = $3, network_reference = $4,
    next_attempt_at = $5, attempts = $6, version = $7
  where operation_id = $8 and version = $9)";
constexpr Sql kFindOperation = R"(
  select operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency, merchant_name,
    merchant_reference, by_cardholder, original, response_code, approval_code, network_reference, created_at,
    next_attempt_at, attempts, version
  from card_operations where operation_id = $1)";
constexpr Sql kOperationsOf = R"(
  select operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency, merchant_name,
    merchant_reference, by_cardholder, original, response_code, approval_code, network_reference, created_at,
    next_attempt_at, attempts, version
  from card_operations where purchase = $1 order by operation_id)";
// The state is written out, so that the index of what waits can serve: it holds no settled operations.
constexpr Sql kQueuedOperations = R"(
  select operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency, merchant_name,
    merchant_reference, by_cardholder, original, response_code, approval_code, network_reference, created_at,
    next_attempt_at, attempts, version
  from card_operations where state = 'queued' and next_attempt_at <= $1 order by next_attempt_at, operation_id limit $2)";
constexpr Sql kIntendedOperations = R"(
  select operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency, merchant_name,
    merchant_reference, by_cardholder, original, response_code, approval_code, network_reference, created_at,
    next_attempt_at, attempts, version
  from card_operations where state = 'intended' and next_attempt_at <= $1 order by next_attempt_at, operation_id limit $2)";
constexpr Sql kAcceptedOperations = R"(
  select operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency, merchant_name,
    merchant_reference, by_cardholder, original, response_code, approval_code, network_reference, created_at,
    next_attempt_at, attempts, version
  from card_operations where state = 'accepted' and next_attempt_at <= $1 order by next_attempt_at, operation_id limit $2)";
constexpr Sql kOperationsAfter = R"(
  select operation_id, purchase, customer_id, merchant_id, subject, kind, state, vault_token, amount_minor, currency, merchant_name,
    merchant_reference, by_cardholder, original, response_code, approval_code, network_reference, created_at,
    next_attempt_at, attempts, version
  from card_operations where operation_id > $1 order by operation_id limit $2)";
constexpr Sql kInsertPurchaseCard = R"(
  insert into purchase_cards (purchase, customer_id, vault_token, brand, last4, expiry, version)
  values ($1, $2, $3, $4, $5, $6, $7))";
constexpr Sql kUpdatePurchaseCard = R"(
  update purchase_cards set vault_token = $1, brand = $2, last4 = $3, expiry = $4, version = $5
  where purchase = $6 and version = $7)";
constexpr Sql kFindPurchaseCard = R"(
  select purchase, customer_id, vault_token, brand, last4, expiry, version from purchase_cards where purchase = $1)";
constexpr Sql kPurchaseCardsOf = R"(
  select purchase, customer_id, vault_token, brand, last4, expiry, version from purchase_cards
  where customer_id = $1 order by purchase)";
constexpr Sql kInsertCustomerCard = R"(
  insert into customer_cards (card_id, customer_id, saved_token, brand, last4, expiry, fingerprint, active, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9))";
constexpr Sql kRetireCustomerCard = "update customer_cards set active = 0 where card_id = $1";
constexpr Sql kCustomerCardsOf = R"(
  select card_id, customer_id, saved_token, brand, last4, expiry, fingerprint, active, created_at
  from customer_cards where customer_id = $1 and active = 1 order by card_id)";
constexpr Sql kInsertCardEnding = R"(
  insert into card_endings (card_id, customer_id, vault_token, fingerprint, refund_until, next_attempt_at, attempts)
  values ($1, $2, $3, $4, $5, $6, $7))";
constexpr Sql kUpdateCardEnding =
    "update card_endings set next_attempt_at = $1, attempts = $2 where card_id = $3 and attempts = $4";
constexpr Sql kDeleteCardEnding = "delete from card_endings where card_id = $1";
constexpr Sql kFindCardEnding = R"(
  select card_id, customer_id, vault_token, fingerprint, refund_until, next_attempt_at, attempts
  from card_endings where card_id = $1)";
constexpr Sql kCardEndingsOf = R"(
  select card_id, customer_id, vault_token, fingerprint, refund_until, next_attempt_at, attempts
  from card_endings where customer_id = $1)";
constexpr Sql kDueCardEndings = R"(
  select card_id, customer_id, vault_token, fingerprint, refund_until, next_attempt_at, attempts
  from card_endings where next_attempt_at <= $1 order by next_attempt_at, card_id limit $2)";

Bytes bytes_of(const base::Uuid& uuid) { return {uuid.begin(), uuid.end()}; }
base::Uuid uuid_of(const Row& row, std::size_t column) { return row.id<CardOperationId>(column).uuid(); }

template <class Enum>
std::string word(Enum value) {
  return boost::describe::enum_to_string(value, "");
}
template <class Enum>
Enum value_of(const std::string& stored) {
  Enum value{};
  KARV_REQUIRE(boost::describe::enum_from_string(stored.c_str(), value));
  return value;
}

money::Money money_of(const Row& row, std::size_t amount, std::size_t currency) {
  const auto parsed = money::Currency::parse(row.text(currency));
  KARV_REQUIRE(parsed.has_value());
  return money::Money{row.integer(amount), *parsed};
}

CardOperation operation_from(const Row& row) {
  CardOperation operation;
  operation.operation_id = row.id<CardOperationId>(0);
  operation.purchase = uuid_of(row, 1);
  operation.customer_id = row.id<identity::CustomerId>(2);
  operation.merchant_id = row.id<identity::MerchantId>(3);
  operation.subject = uuid_of(row, 4);
  operation.kind = value_of<OperationKind>(row.text(5));
  operation.state = value_of<OperationState>(row.text(6));
  operation.vault_token = row.text(7);
  operation.amount = money_of(row, 8, 9);
  operation.merchant_name = row.text(10);
  operation.merchant_reference = row.text(11);
  operation.by_cardholder = row.integer(12) != 0;
  operation.original = row.id_or_null<CardOperationId>(13);
  operation.response_code = row.text(14);
  operation.approval_code = row.text(15);
  operation.network_reference = row.text(16);
  operation.created_at = Instant{row.integer(17)};
  operation.next_attempt_at = Instant{row.integer(18)};
  operation.attempts = row.integer(19);
  operation.version = row.integer(20);
  return operation;
}

PurchaseCard purchase_card_from(const Row& row) {
  return {uuid_of(row, 0),
          row.id<identity::CustomerId>(1),
          row.text(2),
          {row.text(3), row.text(4), row.text(5)},
          row.integer(6)};
}

CustomerCard customer_card_from(const Row& row) {
  return {row.id<CustomerCardId>(0),
          row.id<identity::CustomerId>(1),
          row.text(2),
          {row.text(3), row.text(4), row.text(5)},
          row.text(6),
          row.integer(7) != 0,
          Instant{row.integer(8)}};
}

template <class T>
std::vector<T> all_from(const Rows& rows, T (*from)(const Row&)) {
  std::vector<T> out;
  for (const auto& row : rows) out.push_back(from(row));
  return out;
}

}  // namespace

void insert_operation(store::Tx& tx, const CardOperation& o) {
  tx.write({kInsertOperation, {o.operation_id,
                               bytes_of(o.purchase),
                               o.customer_id,
                               o.merchant_id,
                               bytes_of(o.subject),
                               word(o.kind),
                               word(o.state),
                               o.vault_token,
                               o.amount.minor(),
                               o.amount.currency().code(),
                               o.merchant_name,
                               o.merchant_reference,
                               o.by_cardholder ? 1 : 0,
                               o.original,
                               o.response_code,
                               o.approval_code,
                               o.network_reference,
                               o.created_at.ms,
                               o.next_attempt_at.ms,
                               o.attempts,
                               o.version}},
           1);
}

void update_operation(store::Tx& tx, const CardOperation& o) {
  tx.write({kUpdateOperation,
            {word(o.state), o.response_code, o.approval_code, o.network_reference, o.next_attempt_at.ms, o.attempts,
             o.version, o.operation_id, o.version - 1}},
           1);
}

Query find_operation(CardOperationId id) { return {kFindOperation, {id}}; }
Query operations_of(const base::Uuid& purchase) { return {kOperationsOf, {bytes_of(purchase)}}; }
Query waiting_operations(OperationState state, Instant wall_now, std::int64_t limit) {
  switch (state) {
    case OperationState::queued:
      return {kQueuedOperations, {wall_now.ms, limit}};
    case OperationState::intended:
      return {kIntendedOperations, {wall_now.ms, limit}};
    default:
      KARV_REQUIRE(state == OperationState::accepted);
      return {kAcceptedOperations, {wall_now.ms, limit}};
  }
}
Query operations_after(CardOperationId after, std::size_t limit) { return {kOperationsAfter, {after, limit}}; }
std::vector<CardOperation> read_operations(const Rows& rows) { return all_from(rows, operation_from); }
std::optional<CardOperation> read_operation(const Rows& rows) {
  return rows.empty() ? std::nullopt : std::optional(operation_from(rows.front()));
}

void insert_purchase_card(store::Tx& tx, const PurchaseCard& c) {
  tx.write({kInsertPurchaseCard,
            {bytes_of(c.purchase), c.customer_id, c.vault_token, c.face.brand, c.face.last4, c.face.expiry, c.version}},
           1);
}
void update_purchase_card(store::Tx& tx, const PurchaseCard& c) {
  tx.write({kUpdatePurchaseCard,
            {c.vault_token, c.face.brand, c.face.last4, c.face.expiry, c.version, bytes_of(c.purchase), c.version - 1}},
           1);
}
Query find_purchase_card(const base::Uuid& purchase) { return {kFindPurchaseCard, {bytes_of(purchase)}}; }
Query purchase_cards_of(identity::CustomerId customer) { return {kPurchaseCardsOf, {customer}}; }
std::optional<PurchaseCard> read_purchase_card(const Rows& rows) {
  return rows.empty() ? std::nullopt : std::optional(purchase_card_from(rows.front()));
}
std::vector<PurchaseCard> read_purchase_cards(const Rows& rows) { return all_from(rows, purchase_card_from); }

void insert_customer_card(store::Tx& tx, const CustomerCard& c) {
  tx.write({kInsertCustomerCard,
            {c.card_id, c.customer_id, c.saved_token, c.face.brand, c.face.last4, c.face.expiry, c.fingerprint,
             c.active ? 1 : 0, c.created_at.ms}},
           1);
}
void retire_customer_card(store::Tx& tx, CustomerCardId card) { tx.write({kRetireCustomerCard, {card}}, 1); }
Query customer_cards_of(identity::CustomerId customer) { return {kCustomerCardsOf, {customer}}; }
std::vector<CustomerCard> read_customer_cards(const Rows& rows) { return all_from(rows, customer_card_from); }

void insert_card_ending(store::Tx& tx, const CardEnding& ending) {
  tx.write({kInsertCardEnding,
            {ending.card_id, ending.customer_id, ending.vault_token, ending.fingerprint, ending.refund_until.ms,
             ending.next_attempt_at.ms, ending.attempts}},
           1);
}
void update_card_ending(store::Tx& tx, const CardEnding& before, const CardEnding& ending) {
  tx.write({kUpdateCardEnding, {ending.next_attempt_at.ms, ending.attempts, ending.card_id, before.attempts}}, 1);
}
void delete_card_ending(store::Tx& tx, CustomerCardId card) { tx.write({kDeleteCardEnding, {card}}, 1); }
Query find_card_ending(CustomerCardId card) { return {kFindCardEnding, {card}}; }
Query card_endings_of(identity::CustomerId customer) { return {kCardEndingsOf, {customer}}; }
Query due_card_endings(Instant wall_now, std::int64_t limit) { return {kDueCardEndings, {wall_now.ms, limit}}; }
std::vector<CardEnding> read_card_endings(const Rows& rows) {
  std::vector<CardEnding> endings;
  endings.reserve(rows.size());
  for (const auto& row : rows)
    endings.push_back({.card_id = row.id<CustomerCardId>(0),
                       .customer_id = row.id<identity::CustomerId>(1),
                       .vault_token = row.text(2),
                       .fingerprint = row.text(3),
                       .refund_until = {row.integer(4)},
                       .next_attempt_at = {row.integer(5)},
                       .attempts = row.integer(6)});
  return endings;
}

}  // namespace karv::rails
