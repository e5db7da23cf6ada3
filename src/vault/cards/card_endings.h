// Ends cards: nothing more is charged to them, and after the refund window they are removed.
//
// Ending, deriving, collecting and every operation lock the card's row first: of a charge and an ending at the same
// moment one comes first, and a charge that comes second is refused.
// Used by the private door. Not here: what an ended token may still do (scope.h).
#pragma once

#include "base/result.h"
#include "store/database.h"
#include "vault/keys/key_holder.h"
#include "vault/tokens/refusals.h"
#include "vault/types.h"
#include "vault_api/card_endings.h"

namespace karv::vault {

class CardEndings {
 public:
  // All outlive it.
  CardEndings(store::Database& database, KeyHolder& keys, Refusals& refusals)
      : database_(database), keys_(keys), refusals_(refusals) {}

  // Errors: bad_value (a refund window that ends before now), not_found TOKEN_UNKNOWN, unavailable VAULT_SEALED.
  // Effects: cards, vault_tokens.
  base::Result<vault_api::EndCardAnswer> end(TenantId tenant, const vault_api::EndCardRequest& request);
  // Cost: one transaction for each card that is over.
  base::Result<vault_api::SweepCardsAnswer> sweep(TenantId tenant, const vault_api::SweepCardsRequest& request);

 private:
  // Nothing: the token is unknown, or somebody else's.
  base::Result<std::optional<std::int64_t>> end_in(store::Tx& tx, TenantId tenant,
                                                   const vault_api::EndCardRequest& request,
                                                   const std::vector<KeyedDigest>& token,
                                                   const std::vector<KeyedDigest>& replaced_by);

  static base::Result<vault_api::SweepCardsAnswer> remove(store::Tx& tx, CardId card, base::Instant now);

  store::Database& database_;
  KeyHolder& keys_;
  Refusals& refusals_;
};

}  // namespace karv::vault
