#include "vault/operations/operation_repository.h"

#include "base/check.h"
#include "json/words.h"
#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindOperation =
    "select operation_id, kind, request_digest, state, card_id, customer_id, merchant_id, token_mac, original_id,"
    " amount_minor, currency, merchant_reference, merchant_name, initiator, reference, stan, sent_at, reversal_stan,"
    " reversal_at, response_code, approval_code, completed_minor, refunded_minor,"
    " tenant_id from operations"
    " where operation_id = $1";
constexpr Sql kFindOperationByReference =
    "select operation_id, kind, request_digest, state, card_id, customer_id, merchant_id, token_mac, original_id,"
    " amount_minor, currency, merchant_reference, merchant_name, initiator, reference, stan, sent_at, reversal_stan,"
    " reversal_at, response_code, approval_code, completed_minor, refunded_minor,"
    " tenant_id from operations where reference = $1";
constexpr Sql kInsertOperation =
    "insert into operations (operation_id, kind, request_digest, state, card_id, customer_id, merchant_id, token_mac,"
    " original_id, amount_minor, currency, merchant_reference, merchant_name, initiator, reference, stan, sent_at,"
    " reversal_stan, reversal_at, response_code, approval_code, completed_minor, refunded_minor, tenant_id,"
    " created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
    "$21, $22,"
    " $23, $24, $25)";
constexpr Sql kUpdateOperation =
    "update operations set state = $1, reversal_stan = $2, reversal_at = $3, response_code = $4, approval_code = $5,"
    " completed_minor = $6, refunded_minor = $7 where operation_id = $8 and state = $9";
constexpr Sql kCountCompletions =
    "select count(*) from operations where original_id = $1 and kind = 'complete' and state = 'delivering'";

constexpr Sql kInsertOpen = "insert into open_operations (operation_id, attempts, due_at) values ($1, $2, $3)";
constexpr Sql kUpdateOpen = "update open_operations set attempts = $1, due_at = $2 where operation_id = $3";
constexpr Sql kKeepAsSent = "update open_operations set as_sent = $1 where operation_id = $2 and as_sent is null";
constexpr Sql kUpsertOpen =
    "insert into open_operations (operation_id, attempts, due_at) values ($1, $2, $3)"
    " on conflict (operation_id) do update set attempts = excluded.attempts, due_at = excluded.due_at";
constexpr Sql kDeleteOpen = "delete from open_operations where operation_id = $1";
constexpr Sql kFindDue =
    "select operation_id, attempts, due_at, as_sent from open_operations where due_at <= $1 order by due_at limit $2";
constexpr Sql kFindOpen = "select operation_id, attempts, due_at, as_sent from open_operations where operation_id = $1";
constexpr Sql kFindAllOpen =
    "select operation_id, attempts, due_at, as_sent from open_operations order by operation_id";
constexpr Sql kCountOpenWithToken =
    "select count(*) from open_operations join operations on operations.operation_id = open_operations.operation_id"
    " where operations.token_mac = $1";
constexpr Sql kCountOpenPayouts =
    "select count(*) from open_operations join operations on operations.operation_id = open_operations.operation_id"
    " where operations.kind = 'payout' and operations.sent_at < $1";
constexpr Sql kCountOpen = "select count(*) from open_operations";

Operation operation_from(const Row& row) {
  Operation o;
  o.id = row.id<OperationId>(0);
  o.kind = word_at<OperationKind>(row, 1);
  o.request_digest = row.bytes(2);
  o.state = word_at<OperationState>(row, 3);
  o.card = row.id<CardId>(4);
  o.customer = row.id<CustomerRef>(5);
  o.merchant = row.id<MerchantRef>(6);
  o.token_mac = row.bytes(7);
  o.original = row.id_or_null<OperationId>(8);
  o.amount_minor = row.integer(9);
  o.currency = row.text(10);
  o.merchant_reference = row.text(11);
  o.merchant_name = row.text(12);
  o.initiator = word_at<Initiator>(row, 13);
  o.reference = row.text(14);
  o.stan = row.integer(15);
  o.sent_at = {row.integer(16)};
  o.reversal_stan = row.integer(17);
  o.reversal_at = {row.integer(18)};
  o.response_code = row.text(19);
  o.approval_code = row.text(20);
  o.completed_minor = row.integer(21);
  o.refunded_minor = row.integer(22);
  o.tenant = row.id_or_null<TenantId>(23).value_or(TenantId());
  return o;
}

base::Result<std::optional<Operation>> first_or_none(base::Result<store::Rows> rows) {
  if (!rows.ok()) return std::move(rows).error();
  return operation_in(rows.value());
}

std::vector<OpenOperation> open_from(const store::Rows& rows) {
  std::vector<OpenOperation> open;
  for (const auto& row : rows)
    open.push_back({.id = row.id<OperationId>(0),
                    .attempts = row.integer(1),
                    .due_at = {row.integer(2)},
                    .as_sent = row.text_or_null(3)});
  return open;
}

}  // namespace

store::Query operation_query(OperationId id) { return {kFindOperation, {id}}; }
std::optional<Operation> operation_in(const store::Rows& answer) {
  return answer.empty() ? std::nullopt : std::optional(operation_from(answer.front()));
}
base::Result<std::optional<Operation>> find_operation(store::ReadTx& tx, OperationId id) {
  return first_or_none(tx.read_one(operation_query(id)));
}
base::Result<std::optional<Operation>> find_operation_by_reference(store::ReadTx& tx, const std::string& reference) {
  return first_or_none(tx.read_one({kFindOperationByReference, {reference}}));
}
void insert_operation(store::Tx& tx, const Operation& o, base::Instant now) {
  tx.write({kInsertOperation,
            {o.id,
             json::word(o.kind),
             o.request_digest,
             json::word(o.state),
             o.card,
             o.customer,
             o.merchant,
             o.token_mac,
             o.original,
             o.amount_minor,
             o.currency,
             o.merchant_reference,
             o.merchant_name,
             json::word(o.initiator),
             o.reference,
             o.stan,
             o.sent_at.ms,
             o.reversal_stan,
             o.reversal_at.ms,
             o.response_code,
             o.approval_code,
             o.completed_minor,
             o.refunded_minor,
             o.tenant,
             now.ms}},
           1);
}
void update_operation(store::Tx& tx, const Operation& o, OperationState from) {
  tx.write({kUpdateOperation,
            {json::word(o.state), o.reversal_stan, o.reversal_at.ms, o.response_code, o.approval_code,
             o.completed_minor, o.refunded_minor, o.id, json::word(from)}},
           1);
}
base::Result<std::int64_t> count_completions_under_way(store::ReadTx& tx, OperationId hold) {
  KARV_TRY(const auto rows, tx.read_one({kCountCompletions, {hold}}));
  return rows.front().integer(0);
}

void insert_open(store::Tx& tx, const OpenOperation& open) {
  tx.write({kInsertOpen, {open.id, open.attempts, open.due_at.ms}}, 1);
}
void update_open(store::Tx& tx, const OpenOperation& open) {
  tx.write({kUpdateOpen, {open.attempts, open.due_at.ms, open.id}}, 1);
}
base::Result<bool> move_open(store::Tx& tx, const OpenOperation& before, const OpenOperation& after) {
  KARV_TRY(const auto answers, tx.read_for_update({{kFindOpen, {before.id}}}));
  const auto found = open_from(answers.at(0));
  if (found.empty() || found[0] != before) return false;
  update_open(tx, after);
  return true;
}
void keep_as_sent(store::Tx& tx, OperationId id, const std::string& as_sent) {
  tx.write({kKeepAsSent, {as_sent, id}}, 1);
}
void upsert_open(store::Tx& tx, const OpenOperation& open) {
  tx.write({kUpsertOpen, {open.id, open.attempts, open.due_at.ms}}, 1);
}
void delete_open(store::Tx& tx, OperationId id) { tx.write({kDeleteOpen, {id}}, 1); }
base::Result<std::vector<OpenOperation>> find_due(store::ReadTx& tx, base::Instant now, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindDue, {now.ms, limit}}));
  return open_from(rows);
}
base::Result<std::vector<OpenOperation>> find_all_open(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindAllOpen, {}}));
  return open_from(rows);
}
base::Result<std::int64_t> count_open(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kCountOpen, {}}));
  return rows.front().integer(0);
}
base::Result<std::int64_t> count_open_payouts(store::ReadTx& tx, base::Instant sent_before) {
  KARV_TRY(const auto rows, tx.read_one({kCountOpenPayouts, {sent_before.ms}}));
  return rows.front().integer(0);
}
base::Result<std::int64_t> count_open_with_token(store::ReadTx& tx, const base::Bytes& token_mac) {
  KARV_TRY(const auto rows, tx.read_one({kCountOpenWithToken, {token_mac}}));
  return rows.front().integer(0);
}

}  // namespace karv::vault
