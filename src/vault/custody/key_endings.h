// Ending a key before its time takes two custodians: each asks for the same, signed for himself, within an hour.
// Source: PCI DSS v4.0.1 3.7.6 (split knowledge, dual control).
#pragma once

#include <map>
#include <set>

#include "base/mutex.h"
#include "vault/custody/unsealing.h"
#include "vault/rotation/key_rotation.h"

namespace karv::vault {

class KeyEndings {
 public:
  KeyEndings(CustodyDesk& custody, KeyRotation& rotation, const base::Clock& wall)
      : custody_(custody), rotation_(rotation), wall_(wall) {}

  // Does it when this is the second person's wish, otherwise answers that another one is missing.
  // Errors: those of CustodyDesk::check_act and KeyRotation::end_key; forbidden CUSTODIAN_NOT_ACCEPTED; bad_value.
  base::Result<vault_api::Done> ask(const vault_api::EndKeyRequest& request);

 private:
  struct Wish {
    std::set<base::Bytes> by;  // signing keys: somebody of two custodies is one person
    base::Instant first_at;
  };
  // Whether enough different people want it now.
  bool note(const std::string& wish, const Custodian& custodian) KARV_EXCLUDES(mutex_);
  void forget(const std::string& wish) KARV_EXCLUDES(mutex_);

  CustodyDesk& custody_;
  KeyRotation& rotation_;
  const base::Clock& wall_;
  base::Mutex mutex_;
  std::map<std::string, Wish> wishes_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::vault
