#include "risk/rules.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace karv::risk {
namespace {

using money::Currency;

// About 10,000 euro for one purchase and 2,000 euro of open credit. Pay now is bounded by the amount alone.
struct LimitRow {
  Currency currency;
  std::int64_t amount_minor, open_debt_minor;
};
constexpr auto kLimits = std::to_array<LimitRow>({
    {Currency::of("EUR"), 1'000'000, 200'000},
    {Currency::of("SEK"), 10'000'000, 2'000'000},
    {Currency::of("NOK"), 10'000'000, 2'000'000},
    {Currency::of("DKK"), 7'500'000, 1'500'000},
    {Currency::of("CHF"), 1'000'000, 200'000},
    {Currency::of("GBP"), 850'000, 170'000},
    {Currency::of("PLN"), 4'000'000, 800'000},
    {Currency::of("CZK"), 25'000'000, 5'000'000},
    {Currency::of("RON"), 5'000'000, 1'000'000},
    {Currency::of("HUF"), 200'000'000, 80'000'000},
    {Currency::of("USD"), 1'000'000, 200'000},
    {Currency::of("CAD"), 1'500'000, 300'000},
    {Currency::of("AUD"), 1'500'000, 300'000},
    {Currency::of("NZD"), 1'500'000, 300'000},
    {Currency::of("MXN"), 20'000'000, 4'000'000},
});

constexpr auto kRejectReasons = std::to_array<std::string_view>(
    {"other", "could_not_establish_identity", "credit_limit_exceeded", "customer_not_fulfilling_previous_engagements",
     "external_hard_reject", "high_risk", "legal_restraints", "technical_error", "internal_block", "low_credit_rating",
     "under_age", "denied"});

void refuse(Decision& decision, std::string reason) {
  decision.outcome = Outcome::refuse;
  decision.reasons.push_back(std::move(reason));
}

// Two digits at the front of `text`, nothing else.
std::optional<std::int64_t> two_digits(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

std::optional<Convention> convention_of(std::string_view suffix) {
  if (suffix == "denied") return Convention{ConventionKind::denied, 0, {}};
  if (suffix == "red") return Convention{ConventionKind::red, 0, {}};
  for (const auto& [prefix, kind] : {std::pair{std::string_view("pend-accept-"), ConventionKind::pend_accept},
                                     std::pair{std::string_view("pend-reject-"), ConventionKind::pend_reject}})
    if (suffix.starts_with(prefix))
      if (const auto minutes = two_digits(suffix.substr(prefix.size()))) return Convention{kind, *minutes, {}};
  constexpr std::string_view kReject = "reject_reason_";
  if (suffix.starts_with(kReject) &&
      std::ranges::find(kRejectReasons, suffix.substr(kReject.size())) != kRejectReasons.end())
    return Convention{ConventionKind::reject_reason, 0, std::string(suffix.substr(kReject.size()))};
  return std::nullopt;
}

void apply_convention(const Convention& convention, Decision& decision) {
  switch (convention.kind) {
    case ConventionKind::none:
      return;
    case ConventionKind::denied:
      return refuse(decision, "denied");
    case ConventionKind::red:
      return refuse(decision, "pre_screened");
    case ConventionKind::reject_reason:
      return refuse(decision, convention.reject_reason);
    case ConventionKind::pend_accept:
    case ConventionKind::pend_reject:
      if (decision.outcome != Outcome::allow) return;
      decision.outcome = Outcome::pending;
      decision.pend_minutes = convention.pend_minutes;
      decision.pend_accepts = convention.kind == ConventionKind::pend_accept;
      decision.reasons.emplace_back("manual_review");
      return;
  }
}

void ask_for_proof(Decision& decision, std::string reason) {
  if (decision.outcome == Outcome::refuse) return;
  decision.outcome = Outcome::step_up;
  decision.reasons.push_back(std::move(reason));
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::allow:
      return "allow";
    case Outcome::refuse:
      return "refuse";
    case Outcome::pending:
      return "pending";
    case Outcome::step_up:
      return "step_up";
  }
  return "refuse";
}
std::optional<Outcome> outcome_from(std::string_view name) {
  for (const Outcome outcome : {Outcome::allow, Outcome::refuse, Outcome::pending, Outcome::step_up})
    if (name_of(outcome) == name) return outcome;
  return std::nullopt;
}

std::optional<Limits> limits_for(money::Currency currency) {
  const auto* row = std::ranges::find(kLimits, currency, &LimitRow::currency);
  if (row == kLimits.end()) return std::nullopt;
  return Limits{row->amount_minor, row->open_debt_minor, {}, {}, std::nullopt};
}

Decision decide(const Facts& facts, const Limits& limits) {
  KARV_REQUIRE(facts.amount.currency() == facts.open_debt.currency());
  Decision decision{Outcome::allow, {}, std::string(kRuleVersion), 0, true};
  if (!facts.amount.is_positive()) refuse(decision, "amount_not_positive");
  if (facts.age_years && *facts.age_years < kMinimumAge) refuse(decision, "under_age");
  if (facts.amount.minor() > limits.amount_minor) refuse(decision, "amount_over_limit");
  if (facts.credit && (facts.open_debt + facts.amount).minor() > limits.open_debt_minor)
    refuse(decision, "open_debt_over_limit");
  if (facts.authorizations_last_hour >= limits.velocity.per_hour) refuse(decision, "too_many_in_an_hour");
  if (facts.authorizations_last_day >= limits.velocity.per_day) refuse(decision, "too_many_in_a_day");
  if (facts.token_refusals_last_day >= limits.token_refusals.refuse) refuse(decision, "card_tokens_refused");
  apply_convention(facts.convention, decision);
  if (facts.token_refusals_last_day >= limits.token_refusals.step_up)
    ask_for_proof(decision, "card_tokens_refused_lately");
  if (facts.merchant_token_refusals_last_day >= limits.token_refusals.merchant_step_up)
    ask_for_proof(decision, "card_tokens_refused_at_merchant");
  if (decision.outcome == Outcome::allow && limits.step_up_from && facts.amount.minor() >= *limits.step_up_from)
    ask_for_proof(decision, "amount_asks_for_more_proof");
  if (decision.outcome == Outcome::allow) decision.reasons.emplace_back("within_limits");
  return decision;
}

Convention parse_convention(const identity::Email& email) {
  std::string_view left = email.local_part();
  const std::size_t first = left.find('+');
  if (first == std::string_view::npos) return {};
  left.remove_prefix(first + 1);
  while (true) {
    const std::size_t plus = left.find('+');
    if (auto convention = convention_of(left.substr(0, plus))) return *std::move(convention);
    if (plus == std::string_view::npos) return {};
    left.remove_prefix(plus + 1);
  }
}

bool show_form(const Convention& convention) { return convention.kind != ConventionKind::red; }

}  // namespace karv::risk
