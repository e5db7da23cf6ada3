// Keeps what browsers reported of the payment pages as bounded counters, and raises the alarm.
//
// One row for all reports that say the same; at most kMostFindings rows, then the rest share one row a kind. Anybody
// can post reports, so an alarm means "look at the page" (tests/browser/pages), not "the page was changed". It is an
// error in the log, `unlisted_script` or `script_not_started`, when a finding is new and then at most once an hour.
// Scripts of the inventory are counted in memory only: each look at a card form reports its own.
// Used by report_door (browsers) and script_door (karv-server, monitoring). Thread-safe.
// Source: PCI DSS 4.0.1 requirements 6.4.3 and 11.6.1.
#pragma once

#include <map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "store/database.h"
#include "vault/pages/page_report.h"
#include "vault_api/scripts.h"

namespace karv::vault {

inline constexpr std::int64_t kMostFindings = 500;
inline constexpr base::Duration kAlarmPause = base::hours(1);
// A full table makes room by forgetting what was last reported longer ago than this.
inline constexpr base::Duration kFindingKept = base::days(90);

class PageWatch {
 public:
  // All outlive it.
  PageWatch(store::Database& database, const ScriptInventory& inventory, const base::Clock& wall)
      : database_(database), inventory_(inventory), wall_(wall) {}

  const ScriptInventory& inventory() const { return inventory_; }

  // Effects: one row a distinct finding, written or counted up; error lines in the log. Cost: no round trip when all
  // scripts are listed.
  base::Result<void> take(const ReadReports& reports);
  base::Result<vault_api::ScriptsAnswer> look();

 private:
  struct Seen {
    std::int64_t times = 0;
    base::Instant last;
  };
  void count_listed(const ReadReports& reports);

  store::Database& database_;
  const ScriptInventory& inventory_;
  const base::Clock& wall_;
  base::Mutex mutex_;
  std::map<const ListedScript*, Seen> seen_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::vault
