// Roll-ups: what keeps the balance of a busy account short to add up.
//
// A payment that touches a derived account inserts a row into the account's tail and updates nothing. A roll-up, in ONE
// transaction, reads some rows of the tail, deletes exactly those by their keys, and adds their sum to the account's
// roll-up. So a payment that commits late simply stays in the tail until the next time: no watermark has to decide what
// is finished, and no transaction ids are needed, which distributed engines do not have. A balance is roll-up plus tail
// in one statement (service.h), so it is exact at any moment.
//
// Two roll-ups of one account exclude each other by its row's lock and its version. Run by the job "ledger_rollup".
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "ledger/types.h"
#include "store/database.h"

namespace karv::ledger {

// Moves at most `entries` of the account's tail into its roll-up, the oldest first; answers how many.
// Errors: not_found (no such account with a derived balance); conflict (at commit: somebody else rolled it up).
// Cost: 1 round trip, and the commit.
base::Result<std::int64_t> roll_up(store::Tx& tx, AccountId account, std::int64_t entries);

struct RollupOptions {
  std::int64_t worth = 100;    // a tail shorter than this is left alone: adding it up costs next to nothing
  std::int64_t entries = 512;  // of one account, in one transaction
  std::function<bool()> stopping = [] { return false; };
};
// Rolls up every tail that is worth it, one account at a time; answers how many entries. An account that cannot be
// rolled up keeps no other waiting; its error is answered in the end. A conflict ends the run: somebody else is at it.
base::Result<std::int64_t> roll_up_long_tails(store::Database& database, const RollupOptions& options);

}  // namespace karv::ledger
