// The ledger's nouns: accounts, transfers, reservations, balances.
//
// A transfer moves an amount from one account to another (debit one, credit one), so an unbalanced entry cannot be
// written. Transfers are never changed. A reservation is a transfer that is pending: it is posted (in part or in full;
// the remainder is released) or voided by a second transfer that names it, once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "money/money.h"

namespace karv::ledger {

struct AccountTag;
using AccountId = base::Id<AccountTag>;
struct TransferTag;
using TransferId = base::Id<TransferTag>;
struct GroupTag;
using GroupId = base::Id<GroupTag>;

// The side on which an account normally stands: what others owe us is a debit, what we owe is a credit.
enum class NormalSide : std::uint8_t { debit, credit };

// Where the balance comes from. `kept`: a row that every transfer updates; for accounts that few payments share (a
// customer's agreement). `derived`: a roll-up and the tail of what is not rolled up yet; for accounts that every
// payment touches (clearing, fees, a merchant's payable), which no payment may lock.
enum class BalanceMode : std::uint8_t { kept, derived };

// `zero`: the balance on the normal side, less what is reserved against it, may not fall below zero. Pre: kept.
enum class Floor : std::uint8_t { none, zero };

// What moving money needs to know of an account. It never changes once the account is open.
struct Terms {
  money::Currency currency;
  NormalSide normal_side = NormalSide::debit;
  BalanceMode balance_mode = BalanceMode::kept;
  Floor floor = Floor::none;
  friend bool operator==(const Terms&, const Terms&) = default;
};

struct Account {
  AccountId id;
  std::string kind;   // a stable word: "customer_receivable", "merchant_payable"
  std::string owner;  // whose it is: an id as text, or a word of ours ("card_network")
  money::Currency currency;
  NormalSide normal_side = NormalSide::debit;
  BalanceMode balance_mode = BalanceMode::kept;
  Floor floor = Floor::none;

  Terms terms() const { return {currency, normal_side, balance_mode, floor}; }
};

// What a transfer does.
enum class Step : std::uint8_t { posted, pending, post_pending, void_pending };

// What is known of a movement. `none`: nothing was written by that id.
enum class State : std::uint8_t { none, pending, posted, voided };

struct Transition {
  State from;
  Step step;
  State to;
};
// Every allowed pair; what is not listed is refused.
inline constexpr std::array kTransitions{
    Transition{State::none, Step::posted, State::posted},
    Transition{State::none, Step::pending, State::pending},
    Transition{State::pending, Step::post_pending, State::posted},
    Transition{State::pending, Step::void_pending, State::voided},
};
constexpr std::optional<State> next_state(State from, Step step) {
  for (const auto& row : kTransitions)
    if (row.from == from && row.step == step) return row.to;
  return std::nullopt;
}

// One transfer to be made. Make it with transfer(), reservation(), post_of() or void_of() (ledger/service.h).
struct TransferSpec {
  TransferId id;
  Step step = Step::posted;
  std::string kind;  // why money moves, a stable word: "order_captured"
  AccountId debit;   // nil for post_pending and void_pending: the reservation's are used
  AccountId credit;
  std::optional<money::Money> amount;    // empty for void_pending, and for post_pending of the whole
  std::optional<TransferId> pending_id;  // the reservation that is resolved
  std::optional<GroupId> group;          // transfers of one group are made together or not at all
  std::optional<base::Uuid> reference;   // the order it belongs to
  base::Instant business_time;
};

// A transfer as it is stored.
struct Transfer {
  TransferId id;
  Step step = Step::posted;
  std::string kind;
  AccountId debit;
  AccountId credit;
  money::Money amount;             // > 0; for a void, what was reserved
  std::int64_t pending_minor = 0;  // by how much it changes what is pending: + for a reservation, - for its end
  std::optional<TransferId> pending_id;
  std::optional<GroupId> group;
  std::optional<base::Uuid> reference;
  base::Instant business_time;

  std::int64_t posted_minor() const { return step == Step::posted || step == Step::post_pending ? amount.minor() : 0; }
};

// The four sums of an account. Units: minor.
struct Sums {
  std::int64_t debits_posted = 0;
  std::int64_t credits_posted = 0;
  std::int64_t debits_pending = 0;
  std::int64_t credits_pending = 0;
  friend bool operator==(const Sums&, const Sums&) = default;
};
// False when a sum does not fit; `sums` is then not to be used.
bool add_to(Sums& sums, const Sums& more);
Sums difference(const Sums& after, const Sums& before);

struct Balance {
  Account account;
  Sums sums;
  // On the normal side: positive is as it should be.
  money::Money posted() const;
  // What is left when everything reserved against the account is posted.
  money::Money available() const;
};

std::string_view word(Step step);
std::string_view word(NormalSide side);
std::string_view word(BalanceMode mode);
std::string_view word(Floor floor);

// The sum on the normal side, and what is left of it after reservations against it.
std::int64_t posted_minor(NormalSide side, const Sums& sums);
std::int64_t available_minor(NormalSide side, const Sums& sums);

}  // namespace karv::ledger
