// The nouns of the card rail on the server's side: cards as tokens, and operations at the card network.
//
// An operation is committed before it leaves (state intended or queued) and carries an id that the vault executes once,
// however often it is asked. States say what is *known*:
//   intended  a hold or charge is about to be asked, or was and the answer did not reach us: it is asked for again
//   approved, declined  the network's word, or the vault's refusal to ask it
//   not_sent  it did not reach the card network and never will: nothing happened, it may be asked anew at once
//   unknown   the card network gave no answer: the vault reverses it until that is confirmed; no money will have moved
//   queued    an advice (completion, refund, reversal) waits to be handed to the vault
//   accepted  the vault has it durably and repeats it until the network answers; it is asked about until then
//   confirmed, rejected  the network's word on an advice
// Not here: card numbers (the vault's), what is owed (credit).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/id.h"
#include "identity/types.h"
#include "money/money.h"

namespace karv::rails {

struct CardOperationTag;
struct CustomerCardTag;
using CardOperationId = base::Id<CardOperationTag>;
using CustomerCardId = base::Id<CustomerCardTag>;

BOOST_DEFINE_ENUM_CLASS(OperationKind, hold, charge, complete, refund, reverse)
BOOST_DEFINE_ENUM_CLASS(OperationState, intended, approved, declined, not_sent, unknown, queued, accepted, confirmed,
                        rejected)
// lose: the vault says that the network did not answer. miss: the vault's own answer did not arrive; it may have
// been approved, so nothing is concluded from it. skip: it surely did not reach the network.
BOOST_DEFINE_ENUM_CLASS(OperationEvent, approve, decline, skip, lose, miss, accept, confirm, reject)

struct OperationStep {
  OperationState from;
  OperationEvent event;
  OperationState to;
};
inline constexpr auto kOperationSteps = std::to_array<OperationStep>({
    {OperationState::intended, OperationEvent::approve, OperationState::approved},
    {OperationState::intended, OperationEvent::decline, OperationState::declined},
    {OperationState::intended, OperationEvent::skip, OperationState::not_sent},
    {OperationState::intended, OperationEvent::lose, OperationState::unknown},
    {OperationState::intended, OperationEvent::miss, OperationState::intended},
    {OperationState::queued, OperationEvent::accept, OperationState::accepted},
    {OperationState::queued, OperationEvent::decline, OperationState::declined},
    {OperationState::accepted, OperationEvent::confirm, OperationState::confirmed},
    {OperationState::accepted, OperationEvent::reject, OperationState::rejected},
});
constexpr std::optional<OperationState> next_state(OperationState from, OperationEvent event) {
  for (const auto& step : kOperationSteps)
    if (step.from == from && step.event == event) return step.to;
  return std::nullopt;
}

// How long a hold can be completed; after that the amount is charged anew, quoting it. Source: card schemes' usual
// seven days for card-not-present holds.
inline constexpr base::Duration kHoldTime = base::days(7);

struct CardOperation {
  CardOperationId operation_id;
  base::Uuid purchase{};  // the authorization it belongs to
  identity::CustomerId customer_id;
  identity::MerchantId merchant_id;
  base::Uuid subject{};  // what it is for: that authorization, a capture, a refund, an installment
  OperationKind kind = OperationKind::hold;
  OperationState state = OperationState::intended;
  std::string vault_token;
  money::Money amount;
  std::string merchant_name, merchant_reference;
  bool by_cardholder = true;
  std::optional<CardOperationId> original;
  std::string response_code, approval_code, network_reference;
  base::Instant created_at;       // business
  base::Instant next_attempt_at;  // wall
  std::int64_t attempts = 0;
  std::int64_t version = 1;
};

// What may be shown of a card.
struct CardFace {
  std::string brand, last4, expiry;  // expiry "MM/YY"
};

// The card a purchase is paid with.
struct PurchaseCard {
  base::Uuid purchase{};
  identity::CustomerId customer_id;
  std::string vault_token;
  CardFace face;
  std::int64_t version = 1;
};

// A card the customer keeps for later payments.
struct CustomerCard {
  CustomerCardId card_id;
  identity::CustomerId customer_id;
  std::string saved_token;
  CardFace face;
  std::string fingerprint;
  bool active = true;
  base::Instant created_at;
};

// A card that the customer keeps no longer, until the vault has ended it.
struct CardEnding {
  CustomerCardId card_id;
  identity::CustomerId customer_id;
  std::string vault_token;
  std::string fingerprint;
  base::Instant refund_until;     // business
  base::Instant next_attempt_at;  // wall
  std::int64_t attempts = 0;
};

}  // namespace karv::rails
