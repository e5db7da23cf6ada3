// Many cards or tokens at once: kept, described, deleted. A list is one transaction; of a customer who stands in it
// more than once each further card begins another. What fails is an item's own answer, not the list's end. Used by the
// private door and by imports (card_import.h). Not here: who may (batch_door.h).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "store/database.h"
#include "vault/cards/card_store.h"
#include "vault_api/batch_messages.h"

namespace karv::vault {

// A card that is kept without its code, and the text of the token that it gets.
struct CardWithToken {
  CustomerRef customer;
  std::optional<MerchantRef> merchant;  // none: a token `saved`; else one for purchases there
  Card card;
  std::string token;
};

class CardBatch {
 public:
  CardBatch(store::Database& database, KeyHolder& keys, CardStore& cards, const base::Clock& wall, base::Random& random)
      : database_(database), keys_(keys), cards_(cards), wall_(wall), random_(random) {}

  // Each: bad_value BATCH_SIZE, unavailable VAULT_SEALED, the database's. `who`: the peer, for the record.
  // Effects: cards, subject_keys, vault_tokens, audit.
  base::Result<vault_api::TokenizeAnswer> tokenize(TenantId tenant, vault_api::TokenizeRequest request,
                                                   const std::string& who);
  // Effects: none.
  base::Result<vault_api::DescribeAnswer> describe(TenantId tenant, const vault_api::DescribeRequest& request);
  // Effects: vault_tokens, audit.
  base::Result<vault_api::DeleteAnswer> remove(TenantId tenant, const vault_api::DeleteRequest& request,
                                               const std::string& who);

  // Keeps all of them; tokens that are there already stay as they are. `last` is done in the last transaction: when it
  // has happened, so has all of this. Errors: as above, and those of `last`.
  base::Result<std::vector<StoredCard>> keep(TenantId tenant, std::span<const CardWithToken> cards,
                                             const std::function<base::Result<void>(store::Tx&)>& last);

 private:
  base::Result<vault_api::DeletedToken> remove_one(store::Tx& tx, const vault_api::TokenOf& wanted,
                                                   const std::vector<KeyedDigest>& digests);
  void append_audit(store::Tx& tx, std::string action, const std::string& who, std::int64_t done, std::int64_t refused);

  store::Database& database_;
  KeyHolder& keys_;
  CardStore& cards_;
  const base::Clock& wall_;
  base::Random& random_;
};

// Deletes a token, unless an operation with it is not settled. Answers whether it did. Fails the transaction with
// `conflict` when the token is used at that moment. Cost: one round trip.
base::Result<bool> delete_unused_token(store::Tx& tx, const StoredToken& token);

}  // namespace karv::vault
