// Files of statements as they are stored: the original and everything read from it are sealed under the file's own key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/bank/types.h"
#include "vault_api/bank_statement_messages.h"

namespace karv::vault {

using vault_api::BankStatementId;

inline SubjectId subject_of(BankStatementId file) { return SubjectId(file.uuid()); }

struct StoredStatementFile {
  BankStatementId id;
  TenantId tenant;
  std::string destination;
  std::int64_t position = 0;  // from 1, in the order in which they were fetched
  std::string bank_id;        // as the bank counts its files
  base::Bytes digest;         // of the original
  SubjectKeyId subject_key;
  base::Bytes original;  // sealed; empty of a duplicate
  base::Bytes heads;     // sealed: what stands above the lines
  std::int64_t lines = 0;
  std::string problem;
  base::Instant received_at;
};

struct StoredStatementLine {
  std::int64_t number = 0;
  std::optional<BankAccountId> account;
  KeyId token_key;     // the account's token is made with it, again and again the same
  base::Bytes sealed;  // the line as JSON, without its account
};

// A line with its account, and whether somebody else's is the same.
struct FoundStatementLine {
  StoredStatementLine line;
  std::optional<StoredBankAccount> account;
  bool known = false;
};

}  // namespace karv::vault
