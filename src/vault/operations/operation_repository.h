// Rows of card operations and of the list of those that are not settled. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/types.h"

namespace karv::vault {

base::Result<std::optional<Operation>> find_operation(store::ReadTx& tx, OperationId id);
// For whoever asks something else in the same round trip.
store::Query operation_query(OperationId id);
std::optional<Operation> operation_in(const store::Rows& answer);
base::Result<std::optional<Operation>> find_operation_by_reference(store::ReadTx& tx, const std::string& reference);
// Fails the transaction with `conflict` when the id or the reference is taken.
void insert_operation(store::Tx& tx, const Operation& operation, base::Instant now);
// Writes what may change; fails the transaction when the state is no longer `from`.
void update_operation(store::Tx& tx, const Operation& operation, OperationState from);
// How many completions of this hold are still on their way.
base::Result<std::int64_t> count_completions_under_way(store::ReadTx& tx, OperationId hold);

void insert_open(store::Tx& tx, const OpenOperation& open);
// This and move_open() leave `as_sent` as it is.
void update_open(store::Tx& tx, const OpenOperation& open);
// Moves a row on, unless it is not as it was: another process has it, or it is settled. Answers whether it did.
base::Result<bool> move_open(store::Tx& tx, const OpenOperation& before, const OpenOperation& after);
// Fails the transaction when it is not open, or was sent before.
void keep_as_sent(store::Tx& tx, OperationId id, const std::string& as_sent);
// Makes sure that it is on the list, due at that time.
void upsert_open(store::Tx& tx, const OpenOperation& open);
void delete_open(store::Tx& tx, OperationId id);
base::Result<std::vector<OpenOperation>> find_due(store::ReadTx& tx, base::Instant now, std::int64_t limit);
base::Result<std::vector<OpenOperation>> find_all_open(store::ReadTx& tx);
base::Result<std::int64_t> count_open(store::ReadTx& tx);
// Payouts that are not settled and were first sent before.
base::Result<std::int64_t> count_open_payouts(store::ReadTx& tx, base::Instant sent_before);
base::Result<std::int64_t> count_open_with_token(store::ReadTx& tx, const base::Bytes& token_mac);

}  // namespace karv::vault
