#include "risk/rules.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/check.h"

namespace karv::risk {
namespace {

using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");
const Limits kLimits{100'000, 50'000, {3, 5}, {2, 4, 10}, std::nullopt};

Facts facts(std::int64_t amount = 1'000) {
  Facts made;
  made.amount = Money(amount, kEuro);
  made.open_debt = Money(0, kEuro);
  return made;
}

struct Row {
  const char* what;
  void (*change)(Facts&);
  Outcome outcome;
  const char* reason;
};

TEST(RiskRulesTest, each_limit_decides_exactly_at_its_edge) {
  const Row rows[] = {
      {"ordinary", [](Facts&) {}, Outcome::allow, "within_limits"},
      {"nothing", [](Facts& f) { f.amount = Money(0, kEuro); }, Outcome::refuse, "amount_not_positive"},
      {"negative", [](Facts& f) { f.amount = Money(-5, kEuro); }, Outcome::refuse, "amount_not_positive"},
      {"amount at the limit",
       [](Facts& f) {
         f.amount = Money(100'000, kEuro);
         f.credit = false;
       },
       Outcome::allow, "within_limits"},
      {"amount over the limit",
       [](Facts& f) {
         f.amount = Money(100'001, kEuro);
         f.credit = false;
       },
       Outcome::refuse, "amount_over_limit"},
      {"debt at the limit", [](Facts& f) { f.open_debt = Money(49'000, kEuro); }, Outcome::allow, "within_limits"},
      {"debt over the limit", [](Facts& f) { f.open_debt = Money(49'001, kEuro); }, Outcome::refuse,
       "open_debt_over_limit"},
      {"debt does not matter without credit",
       [](Facts& f) {
         f.open_debt = Money(1'000'000, kEuro);
         f.credit = false;
       },
       Outcome::allow, "within_limits"},
      {"tokens refused once", [](Facts& f) { f.token_refusals_last_day = 1; }, Outcome::allow, "within_limits"},
      {"tokens refused twice", [](Facts& f) { f.token_refusals_last_day = 2; }, Outcome::step_up,
       "card_tokens_refused_lately"},
      {"tokens refused often", [](Facts& f) { f.token_refusals_last_day = 4; }, Outcome::refuse, "card_tokens_refused"},
      {"tokens refused at the merchant", [](Facts& f) { f.merchant_token_refusals_last_day = 10; }, Outcome::step_up,
       "card_tokens_refused_at_merchant"},
      {"a few refused at the merchant", [](Facts& f) { f.merchant_token_refusals_last_day = 9; }, Outcome::allow,
       "within_limits"},
      {"eighteen today", [](Facts& f) { f.age_years = 18; }, Outcome::allow, "within_limits"},
      {"seventeen", [](Facts& f) { f.age_years = 17; }, Outcome::refuse, "under_age"},
      {"third in an hour", [](Facts& f) { f.authorizations_last_hour = 2; }, Outcome::allow, "within_limits"},
      {"fourth in an hour", [](Facts& f) { f.authorizations_last_hour = 3; }, Outcome::refuse, "too_many_in_an_hour"},
      {"sixth in a day", [](Facts& f) { f.authorizations_last_day = 5; }, Outcome::refuse, "too_many_in_a_day"},
      {"denied", [](Facts& f) { f.convention = {ConventionKind::denied, 0, {}}; }, Outcome::refuse, "denied"},
      {"red", [](Facts& f) { f.convention = {ConventionKind::red, 0, {}}; }, Outcome::refuse, "pre_screened"},
      {"reason", [](Facts& f) { f.convention = {ConventionKind::reject_reason, 0, "high_risk"}; }, Outcome::refuse,
       "high_risk"},
      {"pending", [](Facts& f) { f.convention = {ConventionKind::pend_accept, 7, {}}; }, Outcome::pending,
       "manual_review"},
  };
  for (const Row& row : rows) {
    Facts changed = facts();
    row.change(changed);
    const Decision decision = decide(changed, kLimits);
    EXPECT_EQ(decision.outcome, row.outcome) << row.what;
    ASSERT_FALSE(decision.reasons.empty()) << row.what;
    EXPECT_EQ(decision.reasons.front(), row.reason) << row.what;
    EXPECT_EQ(decision.rule_version, kRuleVersion);
  }
}

TEST(RiskRulesTest, pending_says_when_and_how_it_ends_and_never_softens_a_refusal) {
  Facts pending = facts();
  pending.convention = {ConventionKind::pend_reject, 15, {}};
  const Decision decision = decide(pending, kLimits);
  EXPECT_EQ(decision.pend_minutes, 15);
  EXPECT_FALSE(decision.pend_accepts);
  pending.age_years = 12;
  EXPECT_EQ(decide(pending, kLimits).outcome, Outcome::refuse);
}

TEST(RiskRulesTest, every_reason_is_named_not_just_the_first) {
  Facts bad = facts(100'001);
  bad.age_years = 3;
  bad.authorizations_last_hour = 100;
  EXPECT_EQ(decide(bad, kLimits).reasons, (std::vector<std::string>{"under_age", "amount_over_limit",
                                                                    "open_debt_over_limit", "too_many_in_an_hour"}));
}

TEST(RiskRulesTest, step_up_is_asked_for_only_when_its_rule_is_on) {
  Limits limits = kLimits;
  limits.step_up_from = 1'000;
  EXPECT_EQ(decide(facts(999), limits).outcome, Outcome::allow);
  EXPECT_EQ(decide(facts(1'000), limits).outcome, Outcome::step_up);
  EXPECT_EQ(decide(facts(1'000), kLimits).outcome, Outcome::allow);
}

TEST(RiskRulesTest, amounts_of_two_currencies_are_a_bug) {
  Facts mixed = facts();
  mixed.open_debt = Money(0, Currency::of("SEK"));
  EXPECT_THROW((void)decide(mixed, kLimits), base::RequirementFailed);
}

TEST(RiskRulesTest, more_debt_or_haste_never_turns_a_refusal_into_a_yes) {
  EXPECT_TRUE(rc::check([] {
    Facts first = facts(*rc::gen::inRange<std::int64_t>(1, 200'000));
    first.open_debt = Money(*rc::gen::inRange<std::int64_t>(0, 100'000), kEuro);
    first.authorizations_last_hour = *rc::gen::inRange<std::int64_t>(0, 6);
    Facts second = first;
    second.open_debt += Money(*rc::gen::inRange<std::int64_t>(0, 100'000), kEuro);
    second.authorizations_last_hour += *rc::gen::inRange<std::int64_t>(0, 6);
    if (decide(first, kLimits).outcome == Outcome::refuse)
      RC_ASSERT(decide(second, kLimits).outcome == Outcome::refuse);
  }));
}

TEST(RiskRulesTest, currencies_without_limits_have_none) {
  EXPECT_TRUE(limits_for(kEuro).has_value());
  EXPECT_FALSE(limits_for(Currency::of("JPY")).has_value());
  EXPECT_FALSE(limits_for(Currency()).has_value());
}

Convention convention_of(std::string_view address) { return parse_convention(*identity::Email::parse(address)); }

TEST(ConventionTest, the_documented_addresses_are_understood) {
  using enum ConventionKind;
  EXPECT_EQ(convention_of("customer@email.se"), (Convention{none, 0, {}}));
  EXPECT_EQ(convention_of("customer+denied@email.se"), (Convention{denied, 0, {}}));
  EXPECT_EQ(convention_of("customer+red@email.se"), (Convention{red, 0, {}}));
  EXPECT_EQ(convention_of("customer+pend-accept-01@email.us"), (Convention{pend_accept, 1, {}}));
  EXPECT_EQ(convention_of("customer+pend-reject-99@email.us"), (Convention{pend_reject, 99, {}}));
  EXPECT_EQ(convention_of("customer+reject_reason_under_age@email.us"), (Convention{reject_reason, 0, "under_age"}));
  EXPECT_EQ(convention_of("customer+run7+denied@email.se"), (Convention{denied, 0, {}}));
}

TEST(ConventionTest, what_only_looks_like_one_is_none) {
  for (const char* address :
       {"denied@email.se", "customer+denied2@email.se", "customer+DENIED@email.se", "customer+@email.se",
        "customer+pend-accept-@email.se", "customer+pend-accept-1@email.se", "customer+pend-accept-123@email.se",
        "customer+pend-accept-1x@email.se", "customer+reject_reason_@email.se", "customer+reject_reason_x@email.se",
        "customer+infrared@email.se", "a@denied.se"})
    EXPECT_EQ(convention_of(address).kind, ConventionKind::none) << address;
}

TEST(ConventionTest, only_red_hides_the_form) {
  EXPECT_FALSE(show_form({ConventionKind::red, 0, {}}));
  EXPECT_TRUE(show_form({ConventionKind::denied, 0, {}}));
  EXPECT_TRUE(show_form({}));
}

}  // namespace
}  // namespace karv::risk
