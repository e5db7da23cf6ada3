// Cards at rest: one row per card and customer, found again by its fingerprint, sealed under the customer's key.
//
// What takes time (digests, sealing, a new key for a new customer) happens before the transaction; whoever is overtaken
// there meets a conflict and prepares anew. Used by the desk (taking cards in) and by operations (using them).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "store/database.h"
#include "vault/cards/card.h"
#include "vault/keys/subject_keys.h"
#include "vault/types.h"

namespace karv::vault {

struct CustomersCard {
  CustomerRef customer;
  const Card* card = nullptr;
};

class CardStore {
 public:
  CardStore(store::Database& database, KeyHolder& holder, const base::Clock& wall, base::Random& random)
      : database_(database), holder_(holder), wall_(wall), random_(random), subject_keys_(holder, wall, random) {}

  // What `work` adds to the transaction that stores the card.
  using Work = std::function<base::Result<void>(store::Tx&, const StoredCard&)>;
  // Stores the customer's card, or the same card again (perhaps with a new expiry), together with `work`.
  // Errors: those of `work`; unavailable VAULT_SEALED. Effects: cards, subject_keys.
  base::Result<StoredCard> put(std::string_view use_case, TenantId tenant, CustomerRef customer, const Card& card,
                               const Work& work);

  // The same for several cards in one transaction. Pre: of different customers. Errors, effects: as above.
  using WorkOnAll = std::function<base::Result<void>(store::Tx&, const std::vector<StoredCard>&)>;
  base::Result<std::vector<StoredCard>> put_all(std::string_view use_case, TenantId tenant,
                                                std::span<const CustomersCard> cards, const WorkOnAll& work);

  // Errors: unavailable VAULT_SEALED; gone KEY_DESTROYED; internal, when the row or its key is not what it was.
  base::Result<Card> open(const SealedCard& sealed);

 private:
  struct Prepared {
    StoredCard row;
    std::optional<StoredCard> before;         // the customer had it
    std::optional<StoredSubjectKey> new_key;  // the customer had no key
  };
  base::Result<Prepared> prepare(TenantId tenant, const CustomersCard& one, const KeyedDigest& fingerprint,
                                 std::span<const store::Rows> found);
  // Cost: a round trip.
  base::Result<std::vector<Prepared>> prepare_all(TenantId tenant, std::span<const CustomersCard> cards);
  void store(store::Tx& tx, const Prepared& prepared);

  store::Database& database_;
  KeyHolder& holder_;
  const base::Clock& wall_;
  base::Random& random_;
  SubjectKeys subject_keys_;
};

}  // namespace karv::vault
