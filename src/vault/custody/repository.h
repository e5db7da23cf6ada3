// Rows of custody. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/custody/types.h"

namespace karv::vault {

base::Result<std::optional<Custody>> find_custody(store::ReadTx& tx);
// In the place of one that was never confirmed, and of its custodians.
void replace_custody(store::Tx& tx, const Custody& custody, std::int64_t former, std::int64_t former_custodians);
void confirm_custody(store::Tx& tx, CustodyId id);
base::Result<std::vector<Custodian>> find_custodians(store::ReadTx& tx);
void insert_custodian(store::Tx& tx, const Custodian& custodian);
// Fails the transaction when it was accepted already.
void accept_custodian(store::Tx& tx, const Custodian& custodian);

}  // namespace karv::vault
