// What a decision is made of and what it says. Everything here is stored with the decision, so that it can be replayed
// and explained to the customer (Directive (EU) 2023/2225 art. 18(8): human review of an automated decision).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "identity/types.h"
#include "money/money.h"

namespace karv::risk {

struct DecisionTag;
using DecisionId = base::Id<DecisionTag>;

// Local parts that make the sandbox answer as asked (customer+denied@...). Source: the merchant API's test addresses.
enum class ConventionKind : std::uint8_t { none, denied, red, pend_accept, pend_reject, reject_reason };
struct Convention {
  ConventionKind kind = ConventionKind::none;
  std::int64_t pend_minutes = 0;  // pend_accept, pend_reject
  std::string reject_reason;      // reject_reason: one of the documented words
  friend bool operator==(const Convention&, const Convention&) = default;
};

// What is known when deciding. No name, address or mailbox: only what a rule reads.
struct Facts {
  money::Money amount;
  money::Money open_debt;                     // of the customer, in the same currency, without this purchase
  bool credit = true;                         // pay_now asks for none
  std::optional<std::int64_t> age_years;      // when a date of birth was given
  std::int64_t authorizations_last_hour = 0;  // of the customer, without this one
  std::int64_t authorizations_last_day = 0;
  std::int64_t token_refusals_last_day = 0;  // uses of the customer's card tokens that the vault refused
  std::int64_t merchant_token_refusals_last_day = 0;
  Convention convention;  // `none` outside sandbox mode
};

enum class Outcome : std::uint8_t { allow, refuse, pending, step_up };
std::string_view name_of(Outcome outcome);
std::optional<Outcome> outcome_from(std::string_view name);

struct Decision {
  Outcome outcome = Outcome::refuse;
  std::vector<std::string> reasons;  // stable words, worst first: "amount_over_limit"
  std::string rule_version;
  std::int64_t pend_minutes = 0;  // pending: until it is decided
  bool pend_accepts = true;       // pending: how the sandbox decides then
};

}  // namespace karv::risk
