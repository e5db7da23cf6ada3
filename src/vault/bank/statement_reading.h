// What the server may know of a bank's statements: the values of a camt.053 with every account number taken apart from
// them, and taken out of their texts.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "vault/bank/bank_account.h"
#include "vault_api/bank_statement_messages.h"

namespace karv::vault {

struct ReadHead {
  vault_api::BankStatementHead head;  // without its account
  std::optional<BankAccount> account;
};
struct ReadLine {
  vault_api::BankStatementLine line;  // likewise
  std::optional<BankAccount> account;
};
struct ReadStatements {
  std::vector<ReadHead> heads;
  std::vector<ReadLine> lines;
};

// Errors: too_large, bad_value.
base::Result<ReadStatements> read_statements(base::ByteView camt053);

}  // namespace karv::vault
