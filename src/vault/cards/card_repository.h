// Rows of keys, cards, tokens and tickets. No decisions here.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/database.h"
#include "vault/keys/key_ring.h"
#include "vault/types.h"

namespace karv::vault {

// The card and the row of its key; none when either is gone.
base::Result<std::optional<SealedCard>> find_card(store::ReadTx& tx, CardId id);
// The customer's card with one of these fingerprints (the same number under several key versions).
store::Query card_by_fingerprint_query(TenantId tenant, CustomerRef customer, const base::Bytes& fingerprint);
StoredCard card_from(const store::Row& row);
// Fails the transaction with `conflict` when the customer has this card.
void insert_card(store::Tx& tx, const StoredCard& card, base::Instant now);
// What is sealed, the fingerprint, and the keys of both; fails the transaction when the keys are not as in `before`.
void update_card(store::Tx& tx, const StoredCard& before, const StoredCard& card);
// The fingerprint and its key; fails the transaction when that key is not as in `before`.
void update_fingerprint(store::Tx& tx, const StoredCard& before, const StoredCard& card);
base::Result<std::vector<StoredCard>> find_cards_under(store::ReadTx& tx, SubjectKeyId key);
base::Result<std::vector<SealedCard>> find_cards_by_fingerprint_key(store::ReadTx& tx, KeyId key, std::int64_t limit);
base::Result<std::int64_t> count_cards_by_fingerprint_key(store::ReadTx& tx, KeyId key);

// The card's row stays ours until the end of the transaction; none when it is gone.
struct LockedCard {
  std::optional<SealedCard> sealed;  // none when its key is gone
  bool ended = false;
};
base::Result<std::optional<LockedCard>> lock_card(store::Tx& tx, CardId id);
// Typed again and collected, an ended card goes on; its former tokens do not.
void revive_card(store::Tx& tx, CardId id);

base::Result<std::int64_t> count_tokens_by_key(store::ReadTx& tx, KeyId key);
// The first that is found: the digests of one text under several key versions.
base::Result<std::optional<StoredToken>> find_token_of(store::ReadTx& tx, const std::vector<KeyedDigest>& digests);
base::Result<std::optional<StoredToken>> find_token(store::ReadTx& tx, const base::Bytes& mac);
// Many texts' tokens with their cards, in their order and one round trip.
struct TokenWithCard {
  StoredToken token;
  std::optional<SealedCard> card;
};
base::Result<std::vector<std::optional<TokenWithCard>>> find_tokens_with_cards(
    store::ReadTx& tx, const std::vector<std::vector<KeyedDigest>>& digests);
// A token whose card is locked, so that it does not end meanwhile. Cost: a round trip.
struct LockedToken {
  StoredToken token;
  std::optional<SealedCard> card;
  bool card_ended = false;
};
base::Result<std::optional<LockedToken>> lock_token(store::Tx& tx, const std::vector<KeyedDigest>& digests);
// For whoever asks something else in the same round trip: the questions, and the token in their answers.
std::vector<store::Query> lock_token_queries(const std::vector<KeyedDigest>& digests);
std::optional<LockedToken> locked_token_in(std::span<const store::Rows> answers);
void insert_token(store::Tx& tx, const StoredToken& token, base::Instant now);
// Those that are not there yet. Cost: a round trip.
base::Result<void> insert_new_tokens(store::Tx& tx, const std::vector<StoredToken>& tokens, base::Instant now);
// Fails the transaction when the row is not as `before`: it is being used.
void delete_token(store::Tx& tx, const StoredToken& before);
// Optimistic: fails the transaction when the row is not as `before`.
void update_token_use(store::Tx& tx, const StoredToken& before, std::int64_t used_minor, std::int64_t uses);

base::Result<std::optional<StoredTicket>> find_ticket(store::ReadTx& tx, const std::vector<KeyedDigest>& digests);
void insert_ticket(store::Tx& tx, const StoredTicket& ticket);
// Moves a ticket from the state that was read. Fails the transaction when somebody was faster.
void update_ticket(store::Tx& tx, const StoredTicket& before, TicketState to, CardId card,
                   const std::string& filled_by);

}  // namespace karv::vault
