// Bank accounts at rest: one row per account and owner, found again by its fingerprint, sealed under the owner's key.
// As CardStore: what takes time happens before the transaction, and whoever is overtaken there prepares anew.
#pragma once

#include <functional>
#include <optional>

#include "store/database.h"
#include "vault/bank/types.h"
#include "vault/keys/subject_keys.h"

namespace karv::vault {

class BankStore {
 public:
  BankStore(store::Database& database, KeyHolder& holder, const base::Clock& wall, base::Random& random)
      : database_(database), holder_(holder), wall_(wall), random_(random), subject_keys_(holder, wall, random) {}

  // What `work` adds to the transaction that stores the account.
  using Work = std::function<base::Result<void>(store::Tx&, const StoredBankAccount&)>;
  // Stores the owner's account, or the same one again, together with `work`.
  // Errors: those of `work`; unavailable VAULT_SEALED. Effects: bank_accounts, subject_keys.
  base::Result<StoredBankAccount> put(std::string_view use_case, TenantId tenant, const BankOwner& owner,
                                      const BankAccount& account, const Work& work);
  // Errors: unavailable VAULT_SEALED; gone KEY_DESTROYED; internal, when the row or its key is not what it was.
  base::Result<BankAccount> open(const SealedBankAccount& sealed);
  // The row with a fingerprint by the key that is active now. `again`: a second row of one account, which only a race
  // makes: it keeps its tokens and is not found by its number again. Errors: those of open().
  base::Result<StoredBankAccount> fingerprinted(const SealedBankAccount& sealed, bool again);

 private:
  struct Prepared {
    StoredBankAccount row;
    std::optional<StoredBankAccount> before;  // the owner had it
    std::optional<StoredSubjectKey> new_key;  // the owner had no key
  };
  base::Result<Prepared> prepare(TenantId tenant, const BankOwner& owner, const BankAccount& account);
  base::Result<void> seal(Prepared& prepared, const std::optional<StoredSubjectKey>& last, const BankAccount& account);
  void store(store::Tx& tx, const Prepared& prepared);

  store::Database& database_;
  KeyHolder& holder_;
  const base::Clock& wall_;
  base::Random& random_;
  SubjectKeys subject_keys_;
};

}  // namespace karv::vault
