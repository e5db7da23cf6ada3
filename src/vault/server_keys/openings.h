// How many keys a tenant's server has opened: at most so many in any hour, and a record of each hour in the audit log.
// So a server that was taken over reads whom it serves now, not everybody, and what it read is counted. The counts are
// in the store, exact over all processes and restarts, and durable before a key is answered; minutes are the grain, so
// that an hour is counted for up to a minute more, never less.
#pragma once

#include "base/random.h"
#include "store/database.h"
#include "vault/server_keys/repository.h"

namespace karv::vault {

class ServerKeyOpenings {
 public:
  ServerKeyOpenings(store::Database& database, const base::Clock& wall, base::Random& random, std::int64_t most_hourly)
      : database_(database), wall_(wall), random_(random), most_hourly_(most_hourly) {}

  // Counts keys that are about to be answered; all of them or none. Errors: too_many_requests TOO_MANY_KEYS, with an
  // alarm in the log (`vault_server_keys_limit`) once an hour; the database's. Effects: server_key_counts,
  // server_key_minutes, the audit log. Cost: a write.
  base::Result<void> count(TenantId tenant, std::int64_t keys);
  // Hours that are over go into the audit log, minutes that count no more away. Called now and then. Errors: the
  // database's.
  base::Result<void> close_hours();

 private:
  base::Result<bool> admit(store::Tx& tx, TenantId tenant, std::int64_t keys);
  void close_hour(store::Tx& tx, ServerKeyCount& count);

  store::Database& database_;
  const base::Clock& wall_;
  base::Random& random_;
  const std::int64_t most_hourly_;
};

}  // namespace karv::vault
