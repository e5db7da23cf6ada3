// The nouns of bank files as they are stored. No clear number; what else is personal is sealed under the file's key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/bank/file_rules.h"
#include "vault/bank/types.h"

namespace karv::vault {

using vault_api::BankEntryId;
using vault_api::BankFileId;

// A file has a key of its own, for the names and texts of its entries. They are gone when its period is over.
inline SubjectId subject_of(BankFileId file) { return SubjectId(file.uuid()); }

struct StoredBankFile {
  BankFileId id;
  TenantId tenant;
  base::Bytes request_digest;
  BankFileState state = BankFileState::collecting;
  std::string destination;
  BankPurpose purpose = BankPurpose::payout;
  BankAccountId debtor;
  std::string debtor_name;
  std::string execution_date;
  std::string currency;
  std::int64_t announced_entries = 0;
  std::int64_t announced_minor = 0;
  std::int64_t entries = 0;
  std::int64_t sum_minor = 0;
  base::Instant created_at;
  base::Bytes digest;  // of what was sent; empty before
  std::string bank_status;
  std::string bank_reason;
  std::string problem;
  std::int64_t attempts = 0;            // in this state
  base::Instant state_since;            // wall
  std::optional<base::Instant> due_at;  // wall; none when there is nothing to do
  std::string message_id() const;       // the id's 32 digits
};

struct StoredBankEntry {
  std::int64_t number = 0;
  BankEntryId id;
  base::Bytes request_digest;
  BankAccountId account;
  std::int64_t amount_minor = 0;
  base::Bytes sealed;  // name and remittance text
};

// An entry with what its rendering needs.
struct SealedBankEntry {
  StoredBankEntry entry;
  SealedBankAccount account;
};

}  // namespace karv::vault
