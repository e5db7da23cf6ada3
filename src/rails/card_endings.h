// Cards that the customer removed or replaced: the vault is told until it has understood, and then charges them no
// more.
//
// An ending is a row, written in the transaction that retires the card, and told at once and then by a job: a lost
// answer is followed by the same question. Used by orders (end), api (telling at once) and jobs.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "rails/dispatch.h"
#include "rails/types.h"
#include "store/database.h"

namespace karv::rails {

// How long what was charged to an ended card can be given back to it. Source: 540 days is the longest that the card
// schemes let a payment be disputed.
inline constexpr base::Duration kRefundWindow = base::days(540);

// Effects: one card_endings row.
CardEnding end_card(store::Tx& tx, const Context& context, const CustomerCard& card);

// The question to the vault; a card with the same number that was kept later goes on. Cost: one round trip.
base::Result<net::OutboundRequest> ending_request(store::ReadTx& tx, const CardEnding& ending,
                                                  base::Instant business_now);
// Whether the vault has it: also when it knows nothing of the card any more.
bool is_ended(const net::CallOutcome& outcome);
// The vault has it: nothing is left to be told. Said twice, it changes nothing. Cost: one round trip.
base::Result<void> settle_ending(store::Tx& tx, CustomerCardId card);

// Whether the customer removed a card that the vault may still charge. Cost: one round trip.
base::Result<bool> has_ending(store::ReadTx& tx, identity::CustomerId customer);

// Tells the vault what is due; what it did not understand is told again later. Answers how many are settled.
base::Result<std::int64_t> deliver_endings(store::Database& database, const Context& context, const VaultLine& vault,
                                           std::int64_t limit);
// Has the vault remove what ended and can be refunded no longer. Answers how many cards and tokens that was.
base::Result<std::int64_t> sweep_ended_cards(const Context& context, const VaultLine& vault);

}  // namespace karv::rails
