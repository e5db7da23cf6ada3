#include "vault/bank/file_steps.h"

#include "base/check.h"
#include "vault/bank/file_repository.h"

namespace karv::vault {
namespace {

std::optional<base::Instant> due_of(const StoredBankFile& file, base::Instant now) {
  switch (file.state) {
    case BankFileState::committed:
      return file.attempts == 0 ? now : now + bank_retry_delay(file.state, file.attempts);
    case BankFileState::sending:
      return now + kBankSendingEnds;
    case BankFileState::unknown:
      return now;
    case BankFileState::accepted:
    case BankFileState::partly_accepted:
      return now + bank_retry_delay(file.state, 0);
    case BankFileState::collecting:
    case BankFileState::canceled:
    case BankFileState::not_known:
    case BankFileState::completed:
    case BankFileState::rejected:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<StoredBankFile> stepped(const StoredBankFile& file, BankFileCommand command, base::Instant now,
                                      std::string problem) {
  const auto to = next_state(file.state, command);
  if (!to) return std::nullopt;
  StoredBankFile after = file;
  after.state = *to;
  after.state_since = now;
  // How often it could not be sent is counted over both states; everything else begins anew.
  if (command == BankFileCommand::fail_to_send)
    ++after.attempts;
  else if (command != BankFileCommand::send)
    after.attempts = 0;
  after.problem = std::move(problem);
  after.due_at = due_of(after, now);
  return after;
}

StoredBankFile postponed(const StoredBankFile& file, base::Instant now, std::string problem) {
  StoredBankFile after = file;
  after.due_at = now + bank_retry_delay(file.state, file.attempts);
  ++after.attempts;
  after.problem = std::move(problem);
  return after;
}

base::Result<void> suspect_restored_files(store::Tx& tx, base::Instant now) {
  for (const auto state : {BankFileState::committed, BankFileState::sending}) {
    KARV_TRY(const auto files, find_bank_files_in(tx, state));
    for (const auto& file : files) {
      const auto after = stepped(file, BankFileCommand::lose_answer, now, "RESTORED");
      KARV_REQUIRE(after.has_value());
      update_bank_file(tx, file, *after);
    }
  }
  return {};
}

}  // namespace karv::vault
