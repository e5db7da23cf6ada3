// Removes what is kept longer than rules.h allows: rows by their age, and cards and bank accounts that were typed into
// a form whose token nobody fetched. What is removed because somebody ended it goes elsewhere (card_endings.h,
// eraser.h). Used by the process's chores. Thread-safe; several processes on one store may do it at once.
#pragma once

#include "base/clock.h"
#include "store/database.h"

namespace karv::vault {

class RetentionSweep {
 public:
  RetentionSweep(store::Database& database, const base::Clock& wall) : database_(database), wall_(wall) {}

  // Errors: the first of the database's; the rest is done all the same. Cost: at most 20 transactions of 500 rows for
  // each table; what is left goes the next time.
  base::Result<void> run();

 private:
  template <class Find>
  base::Result<void> remove_uncollected_of(Find find, base::Instant until);

  store::Database& database_;
  const base::Clock& wall_;
};

}  // namespace karv::vault
