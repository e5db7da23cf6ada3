// The trace numbers of operations (DE11): 1 to 999000, around and around, each given out by one process only. A block
// of a thousand is taken from the database at a time, so that neither a second karv-vault nor the next run of this one
// says a number again soon. Thread-safe. Source: ISO 8583:1987, systems trace audit number.
#pragma once

#include <cstdint>

#include "base/mutex.h"
#include "store/database.h"

namespace karv::vault {

class TraceNumbers {
 public:
  explicit TraceNumbers(store::Database& database) : database_(database) {}

  // Not inside a transaction. Errors: the database's. Cost: a write in a thousand calls.
  base::Result<std::int64_t> next() KARV_EXCLUDES(mutex_);

 private:
  store::Database& database_;
  base::Mutex mutex_;
  std::int64_t next_ KARV_GUARDED_BY(mutex_) = 0;
  std::int64_t left_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::vault
