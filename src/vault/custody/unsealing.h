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
#include <string>
#include <utility>

#include "base/mutex.h"
#include "crypto/hsm.h"
#include "vault/custody/given_shares.h"
#include "vault/keys/key_holder.h"

namespace karv::vault {

// What unsealing does with the HSM.
struct HsmHands {
  // Opens it with the custodians' PIN.
  std::function<base::Result<std::shared_ptr<crypto::Hsm>>(base::SecretBytes pin)> open;
  // Gives it another PIN, while it is not open. Errors: forbidden (`former` is not its PIN), unavailable.
  std::function<base::Result<void>(const base::SecretBytes& former, const base::SecretBytes& now)> change_pin;
};

class CustodyDesk {
 public:
  CustodyDesk(store::Database& database, KeyHolder& keys, const base::Clock& wall, base::Random& random, HsmHands hsm)
      : database_(database), keys_(keys), wall_(wall), random_(random), hsm_(std::move(hsm)) {}

  // Errors: those that admin_messages.h names for each.
  base::Result<vault_api::Done> accept(const vault_api::AcceptRequest& request);
  base::Result<vault_api::Unsealing> unseal(const vault_api::UnsealRequest& request);
  // `who`: the operator, as the door knows him.
  base::Result<vault_api::Done> seal(const vault_api::SealRequest& request, const std::string& who);
  base::Result<vault_api::VaultStatus> status();
  // Shares that waited too long are wiped. Called every few seconds.
  void forget_old_shares() KARV_EXCLUDES(mutex_);

  // Checks one signed act, each once. Of custodians who take over only what brings that about is taken.
  // Errors: not_found CUSTODIAN_UNKNOWN, forbidden SIGNATURE_REFUSED.
  struct Act {
    std::string_view act;
    CustodianId custodian;
    std::int64_t at;
    std::string_view nonce;
    std::string_view signature;
    base::ByteView about;
  };
  base::Result<Custodian> check_act(const Act& act);
  // The bytes of a share that was sent as base64url; empty when it is none.
  static base::SecretBytes share_of(const base::SecretBytes& text);
  // Whether it is the share that he was given; recorded. Answers the custody that it is of.
  // Errors: forbidden CUSTODIAN_NOT_ACCEPTED, bad_value SHARE_WRONG, not_matching NO_CUSTODY.
  base::Result<Custody> check_share(const Custodian& custodian, const base::SecretBytes& share);
  // Errors: not_matching CUSTODY_ALTERED.
  static base::Result<base::SecretBytes> open_pin(const base::SecretBytes& key, base::ByteView sealed,
                                                  base::ByteView place);
  // Records what a person did, in a transaction of its own. Errors: the database's.
  base::Result<void> record(const std::string& actor, std::string action, const std::string& subject,
                            std::string reason);

 private:
  // The key that enough shares of this custody give; empty while they are too few. `given`: how many they are.
  base::SecretBytes take(const Custody& custody, const Custodian& custodian, const base::SecretBytes& share,
                         std::int64_t& given) KARV_EXCLUDES(mutex_);
  base::Result<std::vector<Custodian>> find_everybody();
  base::Result<Custody> get_custody(bool next);
  base::Result<void> open_with(const Custody& custody, const base::SecretBytes& key);
  base::Result<void> take_over(const base::SecretBytes& key);
  base::Result<std::shared_ptr<crypto::Hsm>> change_pin(const NextCustody& next, const base::SecretBytes& key);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
  base::Random& random_;
  HsmHands hsm_;
  base::Mutex mutex_;
  CustodyId given_for_ KARV_GUARDED_BY(mutex_);  // the custody that the shares are of
  GivenShares given_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::vault
