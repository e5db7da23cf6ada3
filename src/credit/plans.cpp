#include "credit/plans.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/check.h"
#include "crypto/hash.h"
#include "money/allocate.h"

namespace karv::credit {
namespace {

using money::Currency;

constexpr std::array<std::int64_t, 1> kAtOnce = {0};
constexpr std::array<std::int64_t, 1> kAfter30 = {30};
constexpr std::array<std::int64_t, 3> kThreeMonths = {0, 30, 60};

constexpr std::array<PlanDefinition, 3> kDefinitions = {{
    {Plan::pay_now, false, true, kAtOnce, "pay_now-2026-11"},
    {Plan::pay_in_30, true, false, kAfter30, "pay_in_30-2026-11"},
    {Plan::pay_in_3, true, true, kThreeMonths, "pay_in_3-2026-11"},
}};

// What credit is offered for, in minor units: about 1 and 35 to 1,500 euro. The packs will replace this table.
struct CreditRange {
  Currency currency;
  std::string_view countries;  // two letters each, separated by blanks
  std::int64_t pay_in_30_from, pay_in_3_from, up_to;
};
constexpr auto kCreditRanges = std::to_array<CreditRange>({
    {Currency::of("EUR"), "AT BE DE ES FI FR GR IE IT NL PT SK", 100, 3'500, 150'000},
    {Currency::of("SEK"), "SE", 1'000, 35'000, 1'500'000},
    {Currency::of("NOK"), "NO", 1'000, 35'000, 1'500'000},
    {Currency::of("DKK"), "DK", 1'000, 25'000, 1'000'000},
    {Currency::of("CHF"), "CH", 100, 3'500, 150'000},
    {Currency::of("GBP"), "GB", 100, 3'000, 120'000},
    {Currency::of("PLN"), "PL", 500, 15'000, 600'000},
    {Currency::of("CZK"), "CZ", 2'500, 90'000, 3'700'000},
    {Currency::of("RON"), "RO", 500, 17'500, 750'000},
    {Currency::of("HUF"), "HU", 40'000, 1'400'000, 60'000'000},
    {Currency::of("USD"), "US", 100, 3'500, 150'000},
    {Currency::of("CAD"), "CA", 100, 3'500, 200'000},
    {Currency::of("AUD"), "AU", 100, 3'500, 200'000},
    {Currency::of("NZD"), "NZ", 100, 3'500, 200'000},
    {Currency::of("MXN"), "MX", 2'000, 70'000, 3'000'000},
});

bool contains_country(std::string_view countries, std::string_view country) {
  return country.size() == 2 && country.find(' ') == std::string_view::npos &&
         countries.find(country) != std::string_view::npos;
}

// Everything the shopper agrees to, in one text whose digest is the terms' hash.
std::string canonical_terms(const Quote& quote, std::string_view country) {
  std::string text = fmt::format("karv terms\nplan {}\nversion {}\ncountry {}\ntotal {} {}\n", name_of(quote.plan),
                                 quote.terms_version, country, quote.total.minor(), quote.total.currency().code());
  const auto& days = definition_of(quote.plan).due_after_days;
  for (const std::int64_t after : days) text += fmt::format("due {} days after the capture\n", after);
  for (const QuotedInstallment& installment : quote.installments)
    text += fmt::format("installment {} {}\n", installment.number, installment.amount.minor());
  text += "interest 0\nfees 0\n";
  for (const auto language : {identity::Language::en, identity::Language::sv, identity::Language::de}) {
    const Terms& terms = terms_of(quote.plan, language);
    text += fmt::format("{}\n{}\n", terms.title, late_sentence(quote.plan, language));
    for (const std::string_view paragraph : terms.paragraphs) text += fmt::format("{}\n", paragraph);
  }
  return text;
}

}  // namespace

const PlanDefinition& definition_of(Plan plan) {
  const auto* found = std::ranges::find(kDefinitions, plan, &PlanDefinition::plan);
  KARV_REQUIRE(found != kDefinitions.end());
  return *found;
}

std::string_view name_of(Unavailable reason) {
  switch (reason) {
    case Unavailable::none:
      return "none";
    case Unavailable::country:
      return "country";
    case Unavailable::currency:
      return "currency";
    case Unavailable::amount_too_small:
      return "amount_too_small";
    case Unavailable::amount_too_large:
      return "amount_too_large";
  }
  return "none";
}

Unavailable check_availability(Plan plan, std::string_view country, const money::Money& amount) {
  if (!amount.is_positive()) return Unavailable::amount_too_small;
  if (amount.minor() > money::kMaxAmountMinor) return Unavailable::amount_too_large;
  if (amount.currency().is_none()) return Unavailable::currency;
  if (plan == Plan::pay_now) return Unavailable::none;
  const auto* range = std::ranges::find(kCreditRanges, amount.currency(), &CreditRange::currency);
  if (range == kCreditRanges.end()) return Unavailable::currency;
  if (!contains_country(range->countries, country)) return Unavailable::country;
  const std::int64_t from = plan == Plan::pay_in_3 ? range->pay_in_3_from : range->pay_in_30_from;
  if (amount.minor() < from) return Unavailable::amount_too_small;
  if (amount.minor() > range->up_to) return Unavailable::amount_too_large;
  return Unavailable::none;
}

std::vector<QuotedInstallment> schedule(Plan plan, const money::Money& amount, calendar::Date captured_on) {
  KARV_REQUIRE(amount.is_positive());
  const auto& days = definition_of(plan).due_after_days;
  const std::vector<money::Money> parts = money::split_evenly(amount, days.size(), money::OddCents::first);
  std::vector<QuotedInstallment> installments;
  money::Money sum = money::Money::zero(amount.currency());
  for (std::size_t i = 0; i < days.size(); ++i) {
    if (parts[i].is_zero()) continue;
    installments.push_back({static_cast<std::int64_t>(installments.size()) + 1,
                            calendar::add_days(captured_on, days[i]), days[i] == 0, parts[i]});
    sum += parts[i];
  }
  KARV_REQUIRE(sum == amount);
  return installments;
}

base::Result<Quote> quote(Plan plan, std::string_view country, const money::Money& amount, calendar::Date today) {
  const Unavailable reason = check_availability(plan, country, amount);
  if (reason != Unavailable::none)
    return base::Error(base::ErrorCode::refused, base::PublicText("This plan is not available for this purchase."),
                       base::InternalDetail(std::string(name_of(reason))))
        .with_reason("PLAN_NOT_AVAILABLE");
  const PlanDefinition& definition = definition_of(plan);
  Quote made;
  made.plan = plan;
  made.credit = definition.credit;
  made.needs_card = definition.needs_card;
  made.total = amount;
  made.installments = schedule(plan, amount, today);
  made.terms_version = definition.terms_version;
  made.terms_hash = base::to_hex(crypto::sha256(base::as_bytes(canonical_terms(made, country))));
  return made;
}

}  // namespace karv::credit
