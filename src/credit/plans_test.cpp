#include "credit/plans.h"

#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace karv::credit {
namespace {

using calendar::Date;
using money::Currency;
using money::Money;

constexpr Currency kEuro = Currency::of("EUR");
constexpr Currency kKrona = Currency::of("SEK");
constexpr Date kToday = Date::of(2026, 12, 1);

TEST(PlansTest, non_credit_comes_first_and_every_name_reads_back) {
  EXPECT_EQ(kPlans[0], Plan::pay_now);
  EXPECT_FALSE(definition_of(Plan::pay_now).credit);
  for (const Plan plan : kPlans) EXPECT_EQ(plan_from(name_of(plan)), plan);
  EXPECT_FALSE(plan_from("PAY_NOW").has_value());
  EXPECT_FALSE(plan_from("").has_value());
}

TEST(PlansTest, pay_in_three_puts_the_odd_cents_first_and_waits_thirty_and_sixty_days) {
  const auto made = quote(Plan::pay_in_3, "SE", Money(100'000, kKrona), kToday);
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made->installments.size(), 3U);
  EXPECT_EQ(made->installments[0].amount, Money(33'334, kKrona));
  EXPECT_EQ(made->installments[1].amount, Money(33'333, kKrona));
  EXPECT_EQ(made->installments[2].amount, Money(33'333, kKrona));
  EXPECT_TRUE(made->installments[0].due_today);
  EXPECT_EQ(made->installments[1].due_date, Date::of(2026, 12, 31));
  EXPECT_EQ(made->installments[2].due_date, Date::of(2027, 1, 30));
  EXPECT_TRUE(made->credit);
  EXPECT_TRUE(made->needs_card);
}

TEST(PlansTest, pay_in_thirty_days_is_one_installment_without_a_card) {
  const auto made = quote(Plan::pay_in_30, "DE", Money(4'999, kEuro), kToday);
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made->installments.size(), 1U);
  EXPECT_EQ(made->installments[0].due_date, Date::of(2026, 12, 31));
  EXPECT_FALSE(made->installments[0].due_today);
  EXPECT_FALSE(made->needs_card);
}

TEST(PlansTest, availability_is_exact_at_its_limits) {
  const auto reason = [](Plan plan, std::string_view country, std::int64_t minor, Currency currency) {
    return check_availability(plan, country, Money(minor, currency));
  };
  EXPECT_EQ(reason(Plan::pay_in_3, "DE", 3'500, kEuro), Unavailable::none);
  EXPECT_EQ(reason(Plan::pay_in_3, "DE", 3'499, kEuro), Unavailable::amount_too_small);
  EXPECT_EQ(reason(Plan::pay_in_3, "DE", 150'000, kEuro), Unavailable::none);
  EXPECT_EQ(reason(Plan::pay_in_3, "DE", 150'001, kEuro), Unavailable::amount_too_large);
  EXPECT_EQ(reason(Plan::pay_in_30, "SE", 5'000, kEuro), Unavailable::country);
  EXPECT_EQ(reason(Plan::pay_in_30, "JP", 5'000, Currency::of("JPY")), Unavailable::currency);
  EXPECT_EQ(reason(Plan::pay_now, "JP", 5'000, Currency::of("JPY")), Unavailable::none);
  EXPECT_EQ(reason(Plan::pay_now, "DE", 0, kEuro), Unavailable::amount_too_small);
  EXPECT_EQ(reason(Plan::pay_now, "DE", -1, kEuro), Unavailable::amount_too_small);
  EXPECT_EQ(reason(Plan::pay_now, "DE", money::kMaxAmountMinor + 1, kEuro), Unavailable::amount_too_large);
  for (const char* country : {"", "D", "DEU", "E ", " D", "de", "TB"})
    EXPECT_EQ(reason(Plan::pay_in_30, country, 5'000, kEuro), Unavailable::country) << country;
}

TEST(PlansTest, an_unavailable_plan_is_refused) {
  const auto made = quote(Plan::pay_in_3, "DE", Money(10, kEuro), kToday);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code(), base::ErrorCode::refused);
  EXPECT_EQ(made.error().reason(), "PLAN_NOT_AVAILABLE");
}

TEST(PlansTest, the_terms_hash_changes_with_plan_amount_currency_and_country_and_nothing_else) {
  const auto hash = [](Plan plan, std::string_view country, Money amount, Date today) {
    return quote(plan, country, amount, today)->terms_hash;
  };
  const std::string base_hash = hash(Plan::pay_in_30, "DE", Money(5'000, kEuro), kToday);
  EXPECT_EQ(base_hash.size(), 64U);
  EXPECT_EQ(base_hash, hash(Plan::pay_in_30, "DE", Money(5'000, kEuro), calendar::add_days(kToday, 1)));
  const std::set<std::string> hashes = {base_hash,
                                        hash(Plan::pay_in_3, "DE", Money(5'000, kEuro), kToday),
                                        hash(Plan::pay_now, "DE", Money(5'000, kEuro), kToday),
                                        hash(Plan::pay_in_30, "AT", Money(5'000, kEuro), kToday),
                                        hash(Plan::pay_in_30, "SE", Money(5'000, kKrona), kToday),
                                        hash(Plan::pay_in_30, "DE", Money(5'001, kEuro), kToday)};
  EXPECT_EQ(hashes.size(), 6U);
}

TEST(PlansTest, every_plan_has_terms_in_every_language_and_credit_says_what_happens_when_late) {
  for (const Plan plan : kPlans) {
    std::set<std::string_view> titles;
    for (const auto language : {identity::Language::en, identity::Language::sv, identity::Language::de}) {
      titles.insert(terms_of(plan, language).title);
      EXPECT_EQ(terms_of(plan, language).paragraphs.size(), terms_of(plan, identity::Language::en).paragraphs.size());
      EXPECT_EQ(late_sentence(plan, language).empty(), !definition_of(plan).credit);
    }
    EXPECT_EQ(titles.size(), 3U);
  }
}

TEST(PlansTest, every_schedule_sums_to_its_amount_and_never_goes_back_in_time) {
  EXPECT_TRUE(rc::check([] {
    const auto minor = *rc::gen::inRange<std::int64_t>(1, money::kMaxAmountMinor + 1);
    const Plan plan = *rc::gen::elementOf(std::vector<Plan>(std::begin(kPlans), std::end(kPlans)));
    const auto parts = schedule(plan, Money(minor, kEuro), kToday);
    std::int64_t sum = 0;
    Date last = kToday;
    std::int64_t number = 0;
    for (const QuotedInstallment& part : parts) {
      RC_ASSERT(part.amount.is_positive());
      RC_ASSERT(part.due_date >= last);
      RC_ASSERT(part.number == ++number);
      RC_ASSERT(part.due_today == (part.due_date == kToday));
      last = part.due_date;
      sum += part.amount.minor();
    }
    RC_ASSERT(sum == minor);
  }));
}

}  // namespace
}  // namespace karv::credit
