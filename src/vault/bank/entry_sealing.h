// Names and texts of a file's entries as sealed bytes under the file's own key, bound to file and number.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "vault/bank/file_types.h"

namespace karv::vault {

struct BankEntryTexts {
  std::string name;
  std::string remittance;
};
base::Bytes seal_entry_texts(const SubjectKey& key, BankFileId file, std::int64_t number, const BankEntryTexts& texts,
                             base::Random& random);
// Errors: internal, when the entry is not where and what it was.
base::Result<BankEntryTexts> open_entry_texts(const SubjectKey& key, BankFileId file, const StoredBankEntry& entry);

}  // namespace karv::vault
