// Counts refused uses of vault tokens, raises the alarm, and tells them to the server whose tokens they are.
//
// A refusal is counted in the transaction that refuses, which commits; the refused caller learns nothing of it. One row
// for each customer, merchant, reason and day; of one merchant's day at most kMostRefusalCounts, then customers share a
// row; of one tenant's day at most kMostRefusalDays merchants, then merchants do. The alarm is an error in the log,
// `vault_token_refusals`: when a merchant's day has kRefusalAlarm of them, and then at most once an hour.
// Used by the desk and by operations (counting), the private door (telling). Thread-safe.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "store/database.h"
#include "vault/tokens/refusal_repository.h"

namespace karv::vault {

inline constexpr std::int64_t kMostRefusalCounts = 200;
inline constexpr std::int64_t kMostRefusalDays = 1000;
inline constexpr std::int64_t kRefusalAlarm = 20;
inline constexpr base::Duration kRefusalAlarmPause = base::hours(1);

// `customer`: whose token it was, or for whom an unknown one was presented. `merchant`: for whom; nil for nobody.
struct Refusal {
  TenantId tenant;
  CustomerRef customer;
  MerchantRef merchant;
  RefusalReason reason = RefusalReason::unknown;
};

class Refusals {
 public:
  // All outlive it.
  Refusals(store::Database& database, const base::Clock& wall, base::Random& random)
      : database_(database), wall_(wall), random_(random) {}

  // Effects: token_refusals, token_refusal_days; an error line in the log after the commit. Cost: three round trips.
  base::Result<void> count(store::Tx& tx, Refusal refusal);
  // What the tenant's server asks for; at most 500 counts at once.
  base::Result<vault_api::RefusalsAnswer> tell(TenantId tenant, const vault_api::RefusalsRequest& request);

 private:
  base::Result<RefusalDay> take_day(store::Tx& tx, Refusal& refusal);
  base::Result<void> take_count(store::Tx& tx, RefusalDay& day, const Refusal& refusal);

  store::Database& database_;
  const base::Clock& wall_;
  base::Random& random_;
};

// What the caller is told: a token that is unknown and one that is somebody else's look the same.
// Errors: not_found TOKEN_UNKNOWN, forbidden SCOPE_REFUSED.
base::Error refusal_error(RefusalReason reason);

}  // namespace karv::vault
