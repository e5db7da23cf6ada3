// Recomputes the whole ledger from its entries and says what does not fit. For `karv ledger verify` and the tests.
//
// Reads everything on one snapshot, page by page; holds one small record per account in memory. Changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/types.h"
#include "store/database.h"

namespace karv::ledger {

struct VerifyFinding {
  std::string kind;  // "transfer" or "account" or "currency"
  std::string id;    // UUID text, or the currency's code
  std::string what;
};

struct Verification {
  std::int64_t accounts = 0;
  std::int64_t transfers = 0;
  std::int64_t open_reservations = 0;
  std::map<std::string, Sums> totals;   // per currency, over all accounts
  std::vector<VerifyFinding> findings;  // empty: the ledger is right
};

base::Result<Verification> verify(store::Database& database);

}  // namespace karv::ledger
