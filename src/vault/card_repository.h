// Rows of keys, cards, tokens and tickets. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/types.h"

namespace karv::vault {

struct WrappedKey {
  std::string purpose;
  std::int64_t version = 0;
  base::Bytes wrapped;
};
base::Result<std::vector<WrappedKey>> load_keys(store::ReadTx& tx);
void insert_key(store::Tx& tx, const WrappedKey& key, base::Instant now);

base::Result<std::optional<StoredCard>> find_card(store::ReadTx& tx, CardId id);
base::Result<std::optional<StoredCard>> find_card_by_fingerprint(store::ReadTx& tx, CustomerRef customer,
                                                                 const base::Bytes& fingerprint);
void insert_card(store::Tx& tx, const StoredCard& card, base::Instant now);
void update_card(store::Tx& tx, const StoredCard& card);  // what is sealed, and its key version

base::Result<std::optional<StoredToken>> find_token(store::ReadTx& tx, const base::Bytes& mac);
void insert_token(store::Tx& tx, const StoredToken& token, base::Instant now);
// Optimistic: fails the transaction when the row is not as `before`.
void update_token_use(store::Tx& tx, const StoredToken& before, std::int64_t used_minor, std::int64_t uses);

base::Result<std::optional<StoredTicket>> find_ticket(store::ReadTx& tx, const base::Bytes& mac);
void insert_ticket(store::Tx& tx, const StoredTicket& ticket);
// Moves a ticket from the state that was read. Fails the transaction when somebody was faster.
void update_ticket(store::Tx& tx, const StoredTicket& before, TicketState to, CardId card);
void delete_tickets(store::Tx& tx, const std::vector<base::Bytes>& macs);
base::Result<std::vector<base::Bytes>> find_tickets_over(store::ReadTx& tx, base::Instant before, std::int64_t limit);

}  // namespace karv::vault
