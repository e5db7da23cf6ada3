// An account's number as sealed bytes under its owner's key, bound to the account's row.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "vault/bank/types.h"

namespace karv::vault {

// Fills `sealed` and `subject_key` of the row: its id, owner and key are part of what is sealed.
void seal_bank_account(const SubjectKey& key, const BankAccount& account, StoredBankAccount& row, base::Random& random);
// Errors: internal, when the row is not where and what it was.
base::Result<BankAccount> open_bank_account(const SubjectKey& key, const StoredBankAccount& row);

}  // namespace karv::vault
