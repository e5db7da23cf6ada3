#include "vault/operations/restore_repository.h"

#include <limits>

namespace karv::vault {
namespace {

using store::Sql;

constexpr Sql kInsertRestore =
    "insert into restores (restore_id, backup_id, restored_at, tokens, reconciled_at) values ($1, $2, $3, $4, null)";
constexpr Sql kCountOpen = "select count(*) from restores where reconciled_at is null";
constexpr Sql kLastOpen = "select max(restored_at) from restores where reconciled_at is null";
constexpr Sql kCloseRestores = "update restores set reconciled_at = $1 where reconciled_at is null";
constexpr Sql kCountTokens = "select count(*) from vault_tokens";
constexpr Sql kFreezeAll = "update vault_tokens set frozen_at = $1";
constexpr Sql kFindFrozen =
    "select token_mac, customer_id from vault_tokens where frozen_at is not null and token_mac > $1"
    " order by token_mac limit $2";
constexpr Sql kUnfreeze = "update vault_tokens set frozen_at = null where token_mac = $1 and frozen_at is not null";

base::Result<std::int64_t> count(store::ReadTx& tx, Sql sql) {
  KARV_TRY(const auto rows, tx.read_one({sql, {}}));
  return rows.front().integer(0);
}

}  // namespace

void insert_restore(store::Tx& tx, RestoreId id, const std::string& backup, base::Instant now, std::int64_t tokens) {
  tx.write({kInsertRestore, {id, backup, now.ms, tokens}}, 1);
}
base::Result<std::int64_t> count_open_restores(store::ReadTx& tx) { return count(tx, kCountOpen); }
base::Result<base::Instant> last_restore(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kLastOpen, {}}));
  return base::Instant{rows.front().integer_or_null(0).value_or(std::numeric_limits<std::int64_t>::max())};
}
void close_restores(store::Tx& tx, base::Instant now, std::int64_t open) { tx.write({kCloseRestores, {now.ms}}, open); }

base::Result<std::int64_t> count_tokens(store::ReadTx& tx) { return count(tx, kCountTokens); }
void freeze_all_tokens(store::Tx& tx, base::Instant now, std::int64_t tokens) {
  tx.write({kFreezeAll, {now.ms}}, tokens);
}

base::Result<std::vector<FrozenToken>> find_frozen(store::ReadTx& tx, const base::Bytes& after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindFrozen, {after, limit}}));
  std::vector<FrozenToken> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back({.mac = row.bytes(0), .customer = row.id<CustomerRef>(1)});
  return found;
}
void unfreeze_token(store::Tx& tx, const base::Bytes& mac) { tx.write({kUnfreeze, {mac}}, 1); }

}  // namespace karv::vault
