// Rows about restores and frozen tokens. No decisions here.
#pragma once

#include <string>
#include <vector>

#include "store/database.h"
#include "vault/operations/restore.h"

namespace karv::vault {

void insert_restore(store::Tx& tx, RestoreId id, const std::string& backup, base::Instant now, std::int64_t tokens);
base::Result<std::int64_t> count_open_restores(store::ReadTx& tx);
base::Result<base::Instant> last_restore(store::ReadTx& tx);  // of those that are open; the end of time when none is
void close_restores(store::Tx& tx, base::Instant now, std::int64_t open);

base::Result<std::int64_t> count_tokens(store::ReadTx& tx);
void freeze_all_tokens(store::Tx& tx, base::Instant now, std::int64_t tokens);

struct FrozenToken {
  base::Bytes mac;
  CustomerRef customer;
};
// In order of their digests, from after one on.
base::Result<std::vector<FrozenToken>> find_frozen(store::ReadTx& tx, const base::Bytes& after, std::int64_t limit);
void unfreeze_token(store::Tx& tx, const base::Bytes& mac);

}  // namespace karv::vault
