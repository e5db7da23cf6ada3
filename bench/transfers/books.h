// Looks whether the ledger that was measured is right: a fast way to wrong books would be worthless. A finding ends the
// benchmark.
#pragma once

#include <cstdint>

#include "store/database.h"

namespace karv::bench {

class Books {
 public:
  // `transfers`: how many there must be. False when it did not look: one look that took long is enough for an engine.
  bool verify(store::Database& database, std::int64_t transfers);

 private:
  double took_seconds_ = 0;
};

}  // namespace karv::bench
