// What the purchases of the base brought to the accounts of the ledger that all of them share (a merchant's payable,
// the clearing of cards): each copy brings the same again. It goes to the roll-up, as if the job had been there
// already; the tail, what no roll-up has swallowed yet, is not copied. So a balance stays the sum of the account's
// transfers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source.h"

namespace karv::bench {

struct SharedAccount {
  std::string id;                    // as stored
  std::array<std::int64_t, 4> sums;  // debits and credits posted, debits and credits pending
};

// Roll-up and tail together.
std::vector<SharedAccount> read_shared_accounts(Source& source);

// Adds to a roll-up: parameters 1 to 4 are the sums, 5 the account.
inline constexpr std::string_view kAddToRollup =
    "update ledger_rollups set debits_posted = debits_posted + ?1, credits_posted = credits_posted + ?2,"
    " debits_pending = debits_pending + ?3, credits_pending = credits_pending + ?4, version = version + 1"
    " where account_id = ?5";

}  // namespace karv::bench
