// The rules: pure functions from facts and limits to a decision with its reasons.
//
// A rule only ever makes the outcome stricter. step_up asks for more proof; by amount alone it is switched off
// (Limits::step_up_from).
#pragma once

#include <optional>
#include <string_view>

#include "identity/email.h"
#include "risk/types.h"

namespace karv::risk {

inline constexpr std::string_view kRuleVersion = "2026-11-2";
inline constexpr std::int64_t kMinimumAge = 18;

// How many authorizations one customer may ask for.
struct Velocity {
  std::int64_t per_hour = 10;
  std::int64_t per_day = 30;
};
// Refused uses of card tokens in a day: somebody presents what was not made for that. From `step_up` of the customer's
// tokens on, or `merchant_step_up` at the merchant, more proof is asked for; `refuse` ends it for the day.
struct TokenRefusals {
  std::int64_t step_up = 3;
  std::int64_t refuse = 20;
  std::int64_t merchant_step_up = 100;
};
// In minor units of one currency.
struct Limits {
  std::int64_t amount_minor = 0;     // one purchase
  std::int64_t open_debt_minor = 0;  // all open debt, this purchase included; credit only
  Velocity velocity{};
  TokenRefusals token_refusals{};
  std::optional<std::int64_t> step_up_from;  // amount from which more proof is asked for; empty: never
};
// The default limits of a currency; nullopt: nothing is offered in it.
std::optional<Limits> limits_for(money::Currency currency);

Decision decide(const Facts& facts, const Limits& limits);

// What the mailbox asks the sandbox to do. Pre: sandbox mode only; elsewhere facts carry no convention.
Convention parse_convention(const identity::Email& email);

// Whether the checkout may show its form at all (customer+red).
bool show_form(const Convention& convention);

}  // namespace karv::risk
