// Moves stored bank files along the table of file_rules.h, and says when the vault has to look at them next.
#pragma once

#include <optional>

#include "store/database.h"
#include "vault/bank/file_types.h"

namespace karv::vault {

// Longer than any sending takes: a file that is `sending` for so long was left by a process that is gone.
inline constexpr base::Duration kBankSendingEnds = base::minutes(30);

// The file after a command; none when the table does not allow it. `problem` empty: nothing is wrong.
std::optional<StoredBankFile> stepped(const StoredBankFile& file, BankFileCommand command, base::Instant now,
                                      std::string problem = {});
// The file, to be looked at again later: nothing was learned.
StoredBankFile postponed(const StoredBankFile& file, base::Instant now, std::string problem);

// After a restore: what was about to be sent when the backup was made may have been sent since, so the bank is asked
// first. Effects: bank_files.
base::Result<void> suspect_restored_files(store::Tx& tx, base::Instant now);

}  // namespace karv::vault
