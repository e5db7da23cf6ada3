// Rows of cards and tokens that end and go. No decisions here; who calls holds the card's row (card_repository.h).
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/types.h"

namespace karv::vault {

// What migration 20032 adds. Units: business time.
inline constexpr const char* kCardEndedAt = "alter table cards add column ended_at BIGINT";
inline constexpr const char* kCardRefundUntil = "alter table cards add column refund_until BIGINT";
inline constexpr const char* kCardsByRefundUntil =
    "create index cards_by_refund_until on cards (tenant_id, refund_until)";
inline constexpr const char* kTokenEndedAt = "alter table vault_tokens add column ended_at BIGINT";
inline constexpr const char* kTokenRefundUntil = "alter table vault_tokens add column refund_until BIGINT";
inline constexpr const char* kTokensByCard =
    "create index vault_tokens_by_card on vault_tokens (card_id, refund_until)";
inline constexpr const char* kTokensByRefundUntil =
    "create index vault_tokens_by_refund_until on vault_tokens (refund_until)";
inline constexpr const char* kTicketsByCard = "create index card_tickets_by_card on card_tickets (card_id)";

struct CardEnd {
  base::Instant ended_at, refund_until;
};
void end_card(store::Tx& tx, CardId id, const CardEnd& end);
// Forms that were filled with it and not collected give no token any more.
base::Result<void> close_forms(store::Tx& tx, CardId id);
// Those that have not ended; with a successor only what was minted before it. Answers how many.
base::Result<std::int64_t> end_tokens(store::Tx& tx, CardId id, const CardEnd& end,
                                      const std::optional<StoredToken>& successor);

// A token that has expired does nothing; for so long it is kept for whoever asks why.
inline constexpr auto kExpiredTokensKept = base::days(30);
// Cards that are over, or have tokens that are, and no operation under way.
base::Result<std::vector<CardId>> find_cards_over(store::ReadTx& tx, TenantId tenant, base::Instant business_now,
                                                  std::int64_t limit);
// What is left of a card, whose row stays ours; none when it is gone.
struct CardLeft {
  std::optional<base::Instant> refund_until;
  std::int64_t open_operations = 0;
  std::int64_t tokens = 0;
  std::int64_t tokens_over = 0;  // ended and not to be refunded any more, or expired
  std::int64_t forms = 0;        // filled with it and not collected
};
base::Result<std::optional<CardLeft>> lock_card_left(store::Tx& tx, CardId id, base::Instant business_now);
// Fails the transaction when it is not as many.
void delete_tokens_over(store::Tx& tx, CardId id, base::Instant business_now, std::int64_t count);
void delete_card(store::Tx& tx, CardId id);

}  // namespace karv::vault
