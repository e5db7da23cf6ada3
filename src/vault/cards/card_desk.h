// Taking in cards and giving out tokens: tickets, the shopper's form, derived tokens.
//
// A ticket opens the card form once. Filling it stores the card (one row per card and customer) and keeps the security
// code in memory for one hold; collecting it gives the caller a token of the ticket's scope. Tickets and tokens are
// stored as keyed digests: the database alone opens nothing.
// Used by the HTTP doors of the vault. Not here: moving money (operations.h).
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/database.h"
#include "vault/cards/card.h"
#include "vault/cards/card_store.h"
#include "vault/cards/security_codes.h"
#include "vault/tokens/refusals.h"
#include "vault/types.h"

namespace karv::vault {

struct CardDeskSettings {
  std::string public_url;  // "https://vault.localhost:8444"
  base::Duration ticket_lifetime = base::minutes(30);
  std::int64_t most_payout_minor = 0;  // of one token for payouts, in any currency; 0: none is made
};

// The card form's page for one ticket.
struct FrameFacts {
  std::string frame_ancestors;
  std::string parent_origin;
};

// What the shopper's browser learns.
struct FilledCard {
  std::string brand;
  std::string last4;
  Expiry expiry;
};

class CardDesk {
 public:
  CardDesk(store::Database& database, KeyHolder& keys, CardStore& cards, SecurityCodes& codes, Refusals& refusals,
           const base::Clock& wall, base::Random& random, CardDeskSettings settings)
      : database_(database),
        keys_(keys),
        cards_(cards),
        codes_(codes),
        refusals_(refusals),
        wall_(wall),
        random_(random),
        settings_(std::move(settings)) {}

  // Whether it can take cards at all. Errors: unavailable VAULT_SEALED. Cost: none.
  base::Result<void> check_open() const;
  // `tenant`: whose server asks; what belongs to another one is unknown here. All of these also answer unavailable
  // VAULT_SEALED.
  // Errors: bad_value (an origin that is not one, a scope that cannot be).
  base::Result<vault_api::TicketAnswer> create_ticket(TenantId tenant, const vault_api::TicketRequest& request);
  // Errors: not_found TICKET_UNKNOWN, gone TICKET_USED or TICKET_EXPIRED.
  base::Result<FrameFacts> find_frame(std::string_view ticket);
  // As above. Asked before anything is said of the card that came with the ticket.
  base::Result<void> check_ticket(std::string_view ticket);
  // As above.
  base::Result<FilledCard> fill_ticket(std::string_view ticket, TypedCard typed);
  // As above, and not_matching TICKET_NOT_FILLED. Somebody else's ticket is unknown.
  base::Result<vault_api::CardAnswer> collect_ticket(TenantId tenant, const vault_api::CollectRequest& request);

  // Errors: not_found TOKEN_UNKNOWN, forbidden SCOPE_REFUSED, bad_value.
  base::Result<vault_api::DeriveAnswer> derive_token(TenantId tenant, const vault_api::DeriveRequest& request);

  // A card as if a shopper had typed it; for sandbox mode.
  base::Result<vault_api::CardAnswer> take_test_card(TenantId tenant, const vault_api::TestCardRequest& request,
                                                     TypedCard typed);

 private:
  // What was derived is stored, or the refusal is counted and told.
  base::Result<std::optional<RefusalReason>> derive(store::Tx& tx, TenantId tenant,
                                                    const vault_api::DeriveRequest& request,
                                                    const std::vector<KeyedDigest>& source, const KeyedDigest& token);
  base::Result<StoredTicket> find_open_ticket(store::ReadTx& tx, const std::vector<KeyedDigest>& digests) const;

  store::Database& database_;
  KeyHolder& keys_;
  CardStore& cards_;
  SecurityCodes& codes_;
  Refusals& refusals_;
  const base::Clock& wall_;
  base::Random& random_;
  CardDeskSettings settings_;
};

// 256 random bits as text: a token's or a ticket's only copy.
std::string random_text(base::Random& random);

// "https://host" or "https://host:port", lower case: what may stand in a Content-Security-Policy.
bool is_https_origin(std::string_view text);

}  // namespace karv::vault
