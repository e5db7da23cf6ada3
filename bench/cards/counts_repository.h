// How many rows a vault's store has, to compare with what was done.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/database.h"

namespace karv::bench {

struct Counts {
  std::int64_t cards = 0;
  std::int64_t tokens = 0;
  std::int64_t customer_keys = 0;
  std::int64_t collected_tickets = 0;
  std::int64_t approved_holds = 0;
  std::int64_t open_operations = 0;
  std::int64_t epochs_in_use = 0;  // under which there are customers' keys
  friend bool operator==(const Counts&, const Counts&) = default;
};
base::Result<Counts> count_rows(store::Database& database);

}  // namespace karv::bench
