// Exchanging custodians: those of now hand over to others, without anybody seeing the PIN.
//
//   the custodians of now   as many as are needed sign the same plan, each giving his share
//   the vault               makes the next custody: a PIN that nobody has seen, and shares for the people of the plan
//   the people of the plan  fetch their shares and accept the duty (CustodyDesk)
//   they, at a sealed vault give enough shares: the HSM's PIN is changed, and the custody before is gone
// Until that last step the custodians of now still open the vault, so that a lost share of the next custody loses
// nothing; a new plan replaces one that did not come into force. Thread-safe.
#pragma once

#include <map>

#include "base/mutex.h"
#include "vault/custody/making.h"
#include "vault/custody/unsealing.h"

namespace karv::vault {

class CustodyExchange {
 public:
  CustodyExchange(store::Database& database, CustodyDesk& desk, const base::Clock& wall, base::Random& random)
      : database_(database), desk_(desk), wall_(wall), random_(random) {}

  // Errors: those of unsealing but NOT_SEALED; bad_value PLAN_REFUSED; conflict CUSTODY_CHANGING (the next custody has
  // begun to come into force). Effects: next_custody, next_custodians, the audit log.
  base::Result<vault_api::Exchanging> ask(const vault_api::ExchangeRequest& request);
  // The share of one of the next custodians, encrypted for him. Errors: not_found CUSTODIAN_UNKNOWN, forbidden
  // SIGNATURE_REFUSED.
  base::Result<vault_api::ShareFile> fetch_share(const vault_api::ShareRequest& request);
  // Shares that waited too long are wiped. Called every few seconds.
  void forget_old_shares() KARV_EXCLUDES(mutex_);

 private:
  // The key that enough shares for this plan give; empty while they are too few.
  base::SecretBytes take(const base::Bytes& plan, const Custodian& custodian, const base::SecretBytes& share,
                         std::int64_t needed) KARV_EXCLUDES(mutex_);
  std::int64_t count_given() KARV_EXCLUDES(mutex_);
  base::Result<NextCustody> make_next(const CeremonyPlan& plan, const Custody& custody, const base::SecretBytes& key);

  store::Database& database_;
  CustodyDesk& desk_;
  const base::Clock& wall_;
  base::Random& random_;
  base::Mutex mutex_;
  base::Bytes plan_ KARV_GUARDED_BY(mutex_);  // the plan, and the custody that the shares below are of
  GivenShares given_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::vault
