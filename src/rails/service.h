// The use cases of card operations: intend one inside the caller's transaction, record its outcome inside the next.
//
// Nothing here talks to anybody: vault_calls.h makes the requests, the shell or a job sends them in between.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "rails/types.h"
#include "store/database.h"

namespace karv::rails {

struct Context {
  const base::Clock& wall;
  const base::Clock& business;
  base::Random& random;
};

// An answer to a hold or charge that is not here after this long is asked for again.
inline constexpr base::Duration kAnswerOverdue = base::seconds(30);
// When an accepted advice is first asked about: most are confirmed by then.
inline constexpr base::Duration kConfirmationExpected = base::seconds(2);

struct NewOperation {
  base::Uuid purchase{};
  identity::CustomerId customer_id;
  identity::MerchantId merchant_id;
  base::Uuid subject{};
  OperationKind kind = OperationKind::hold;
  std::string vault_token;
  money::Money amount;
  std::string merchant_name, merchant_reference;
  bool by_cardholder = true;
  std::optional<CardOperationId> original;
};
// Effects: one card_operations row: intended (hold, charge) or queued (advices). Cost: with the commit.
CardOperation intend(store::Tx& tx, const Context& context, const NewOperation& request);

// What the vault said of an operation.
struct Outcome {
  OperationEvent event = OperationEvent::lose;
  std::string response_code, approval_code, network_reference;
};

// Records an outcome; one that is recorded already stands (a repeated answer changes nothing). A missed answer leaves
// the operation intended, to be asked for again soon. So does the network's silence, until the vault has undone it;
// only the shopper who waits for the hold of a confirmation is told at once that it did not work (unknown).
// Effects: the operation's row. Errors: not_found. Cost: one round trip.
base::Result<CardOperation> settle(store::Tx& tx, const Context& context, CardOperationId id, const Outcome& outcome);
// The same, and acts on the outcome in the same transaction when it is news: once, whoever brings it.
using Act = std::function<base::Result<void>(store::Tx&, const CardOperation&)>;
base::Result<CardOperation> settle_and_act(store::Tx& tx, const Context& context, CardOperationId id,
                                           const Outcome& outcome, const Act& act);
// Look again later: the vault was asked in vain, which counts and backs off to a minute, or it is not this operation's
// turn yet, which does not count. Cost: one round trip.
enum class Postponed : std::uint8_t { asked_in_vain, not_its_turn };
base::Result<void> postpone(store::Tx& tx, const Context& context, CardOperationId id,
                            Postponed why = Postponed::asked_in_vain);

// When the next charge for `subject` may be asked for, after those in a row that were not sent: after the first at
// once, then 2, 4, 8 ... at most 60 minutes after the last. Nothing when the last one was sent. Units: wall time. Pure.
std::optional<base::Instant> next_charge_after(std::span<const CardOperation> operations, const base::Uuid& subject);

// How long to wait after `attempts` in vain: 2, 4, 8 ... at most 60 seconds. Pure.
base::Duration backoff(std::int64_t attempts);

// How much of a purchase's hold can still be completed at `business_now`; nothing when there is none, it was reversed
// or it has expired. Pure.
struct HoldLeft {
  CardOperationId hold;
  money::Money left;
};
std::optional<HoldLeft> hold_left(std::span<const CardOperation> operations, base::Instant business_now);

// A part of a refund and the operation it gives back: it goes to the card that paid, which may have been replaced
// since.
struct RefundPart {
  CardOperationId original;
  money::Money amount;
  std::string vault_token = {};  // filled in: of that card
};
// One refund per operation that is given back, in the order in which they are first named. Pure.
// Errors: not_matching when an operation took no money, or less than goes back on it now and earlier.
base::Result<std::vector<RefundPart>> decide_refunds(std::span<const CardOperation> operations,
                                                     std::span<const RefundPart> wanted);

// The operation that later merchant-initiated charges quote: the first approved one with the shopper present.
std::optional<CardOperationId> original_of(std::span<const CardOperation> operations);

}  // namespace karv::rails
