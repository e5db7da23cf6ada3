// Rows of statement files and their lines. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/bank/statement_types.h"

namespace karv::vault {

// Fails the transaction with `conflict` when the position is taken, or the bank's file is there already.
void insert_statement_file(store::Tx& tx, const StoredStatementFile& file);
base::Result<std::optional<StoredStatementFile>> find_statement_file(store::ReadTx& tx, BankStatementId id);
// Behind the file `after` (nil: all), oldest first; without what is sealed.
base::Result<std::vector<StoredStatementFile>> find_statement_files(store::ReadTx& tx, TenantId tenant,
                                                                    const std::string& destination,
                                                                    BankStatementId after, std::int64_t limit);
struct LastStatement {
  std::int64_t position = 0;  // 0: there is none
  std::string bank_id;
};
base::Result<LastStatement> find_last_statement(store::ReadTx& tx, TenantId tenant, const std::string& destination);
base::Result<bool> has_statement_digest(store::ReadTx& tx, TenantId tenant, const std::string& destination,
                                        const base::Bytes& digest);

void insert_statement_lines(store::Tx& tx, BankStatementId file, const std::vector<StoredStatementLine>& lines);
base::Result<std::vector<FoundStatementLine>> find_statement_lines(store::ReadTx& tx, BankStatementId file,
                                                                   std::int64_t after, std::int64_t limit);
// An account by its id, without the key, and whether somebody else's is the same.
base::Result<std::optional<FoundStatementLine>> find_statement_account(store::ReadTx& tx, BankAccountId id);

// For a new key of the file.
base::Result<std::vector<StoredStatementFile>> find_statement_files_under(store::ReadTx& tx, SubjectKeyId key);
base::Result<std::vector<StoredStatementLine>> find_all_statement_lines(store::ReadTx& tx, BankStatementId file);
// What is sealed. Fails the transaction when the key is no longer as in `before`.
void reseal_statement_file(store::Tx& tx, const StoredStatementFile& before, const StoredStatementFile& after);
void reseal_statement_line(store::Tx& tx, BankStatementId file, const StoredStatementLine& after);

}  // namespace karv::vault
