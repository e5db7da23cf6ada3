// Custodians and the seal: shares are collected until enough different people have given theirs; then the HSM's PIN is
// opened, used and wiped.
//
// A share counts when its custodian has accepted the duty, signed this act a moment ago, and the share is the one he
// was given. Wrong shares never reach the HSM, which locks itself after a few wrong PINs. Shares wait in wiped memory,
// for 15 minutes at most. Every act is an audit record. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "crypto/hsm.h"
#include "vault/custody/types.h"
#include "vault/keys/key_holder.h"

namespace karv::vault {

// Opens the HSM with the custodians' PIN.
using OpenHsm = std::function<base::Result<std::shared_ptr<crypto::Hsm>>(base::SecretBytes pin)>;

class CustodyDesk {
 public:
  CustodyDesk(store::Database& database, KeyHolder& keys, const base::Clock& wall, base::Random& random, OpenHsm open)
      : database_(database), keys_(keys), wall_(wall), random_(random), open_hsm_(std::move(open)) {}

  // Errors: those that admin_messages.h names for each.
  base::Result<vault_api::Done> accept(const vault_api::AcceptRequest& request);
  base::Result<vault_api::Unsealing> unseal(const vault_api::UnsealRequest& request);
  // `who`: the operator, as the door knows him.
  base::Result<vault_api::Done> seal(const vault_api::SealRequest& request, const std::string& who);
  base::Result<vault_api::VaultStatus> status();

  // Checks one signed act, each once. Errors: not_found CUSTODIAN_UNKNOWN, forbidden SIGNATURE_REFUSED.
  struct Act {
    std::string_view act;
    CustodianId custodian;
    std::int64_t at;
    std::string_view nonce;
    std::string_view signature;
    base::ByteView about;
  };
  base::Result<Custodian> check_act(const Act& act);
  // Records what a person did, in a transaction of its own. Errors: the database's.
  base::Result<void> record(const std::string& actor, std::string action, const std::string& subject,
                            std::string reason);

 private:
  struct Given {
    base::SecretBytes share;
    base::Instant at;
  };
  // The key that enough shares give; empty while they are too few.
  base::SecretBytes combine_given(std::int64_t needed) KARV_EXCLUDES(mutex_);
  std::int64_t count_given() KARV_REQUIRES(mutex_);
  base::Result<Custody> get_custody();
  base::Result<void> open_with(const Custody& custody, const base::SecretBytes& key);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
  base::Random& random_;
  OpenHsm open_hsm_;
  base::Mutex mutex_;
  std::map<CustodianId, Given> given_ KARV_GUARDED_BY(mutex_);
  std::map<std::string, base::Instant> seen_ KARV_GUARDED_BY(mutex_);  // signatures that were used
};

}  // namespace karv::vault
