// What a file and its entries must be like before anything is stored of them. Pure.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "vault_api/bank_file_messages.h"

namespace karv::vault {

inline constexpr std::int64_t kMostFileEntries = 100'000;
inline constexpr std::int64_t kMostFileMinor = 1'000'000'000'000'000;  // also of one entry

// Errors: bad_value, saying which part.
base::Result<void> check_bank_file(const vault_api::BankFileRequest& request);
base::Result<void> check_bank_entries(const vault_api::BankEntriesRequest& request);

// The same for the same content, whenever it is said.
base::Bytes digest_of(const vault_api::BankFileRequest& request);
base::Bytes digest_of(const vault_api::BankFileEntry& entry);

}  // namespace karv::vault
