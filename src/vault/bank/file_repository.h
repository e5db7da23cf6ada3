// Rows of bank files, their entries, and the keys that they are signed with. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/bank/file_types.h"
#include "vault_api/bank_file_messages.h"

namespace karv::vault {

base::Result<std::optional<StoredBankFile>> find_bank_file(store::ReadTx& tx, BankFileId id);
// The same, and it stays ours until the end of the transaction.
base::Result<std::optional<StoredBankFile>> lock_bank_file(store::Tx& tx, BankFileId id);
void insert_bank_file(store::Tx& tx, const StoredBankFile& file);
// What may change. Fails the transaction when state or number of entries are no longer as in `before`.
void update_bank_file(store::Tx& tx, const StoredBankFile& before, const StoredBankFile& after);
base::Result<std::vector<StoredBankFile>> find_due_bank_files(store::ReadTx& tx, base::Instant now, std::int64_t limit);
base::Result<std::vector<StoredBankFile>> find_bank_files_in(store::ReadTx& tx, BankFileState state);

void insert_bank_entries(store::Tx& tx, BankFileId file, const std::vector<StoredBankEntry>& entries);
// The digests of the entries from number `first` on.
base::Result<std::vector<base::Bytes>> find_entry_digests(store::ReadTx& tx, BankFileId file, std::int64_t first,
                                                          std::int64_t count);
// In order, those behind number `after`; none of whose account is gone.
base::Result<std::vector<SealedBankEntry>> find_bank_entries(store::ReadTx& tx, BankFileId file, std::int64_t after,
                                                             std::int64_t limit);
base::Result<std::vector<vault_api::BankEntryOutcome>> find_entry_outcomes(store::ReadTx& tx, BankFileId file,
                                                                           std::int64_t after, std::int64_t limit);
// Of those entries that are in the file.
base::Result<void> set_entry_outcomes(store::Tx& tx, BankFileId file,
                                      const std::vector<vault_api::BankEntryOutcome>& outcomes);
// The states of the files that name an account, as debtor's or creditor's.
base::Result<std::vector<BankFileState>> find_states_of_files_naming(store::ReadTx& tx, BankAccountId account);

struct StoredSigningKey {
  std::string destination;
  base::Bytes public_key;
  base::Bytes wrapped;
};
base::Result<std::optional<StoredSigningKey>> find_signing_key(store::ReadTx& tx, const std::string& destination);
// Fails the transaction with `conflict` when the destination has one.
void insert_signing_key(store::Tx& tx, const StoredSigningKey& key, base::Instant now);

}  // namespace karv::vault
