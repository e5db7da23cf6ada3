#include "vault/bank/file_rules.h"

#include <algorithm>

namespace karv::vault {

std::optional<BankFileCommand> command_of(std::string_view group_status) {
  struct Meaning {
    std::string_view code;
    BankFileCommand command;
  };
  static constexpr auto kMeanings = std::to_array<Meaning>({
      {"RCVD", BankFileCommand::accept},         // received
      {"PDNG", BankFileCommand::accept},         // pending
      {"ACTC", BankFileCommand::accept},         // technical validation
      {"ACCP", BankFileCommand::accept},         // customer profile
      {"ACSP", BankFileCommand::accept},         // settlement in process
      {"ACWC", BankFileCommand::accept},         // with a change
      {"PART", BankFileCommand::accept_partly},  // some entries
      {"ACSC", BankFileCommand::complete},       // settlement completed
      {"ACCC", BankFileCommand::complete},       // settled on the creditors' accounts
      {"RJCT", BankFileCommand::reject},
  });
  const auto* const found = std::ranges::find(kMeanings, group_status, &Meaning::code);
  return found == kMeanings.end() ? std::nullopt : std::optional(found->command);
}

base::Duration bank_retry_delay(BankFileState state, std::int64_t attempts) {
  if (state == BankFileState::accepted || state == BankFileState::partly_accepted)
    return attempts >= 7 ? base::minutes(10) : base::seconds(std::int64_t{5} << attempts);
  return attempts >= 6 ? base::seconds(60) : base::seconds(std::int64_t{1} << attempts);
}

}  // namespace karv::vault
