// The plans Karv offers, as versioned data, and what a purchase costs under one of them.
//
// No interest, no fee: the total to pay is the price. Rules that vary by country (caps, disclosures) come with the
// jurisdiction packs; here availability is country, currency and amount. A quote names every date and amount and the
// hash of the terms it was made under; whoever confirms sends that hash back, so that nobody agrees to other terms
// than those shown. Source: Directive (EU) 2023/2225 art. 10 (what must be shown), 14 (nothing preselected).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "credit/types.h"

namespace karv::credit {

struct PlanDefinition {
  Plan plan;
  bool credit;                                   // false: no credit, shown first
  bool needs_card;                               // a card must be given at confirmation
  std::span<const std::int64_t> due_after_days;  // one entry per installment
  std::string_view terms_version;
};
const PlanDefinition& definition_of(Plan plan);

struct QuotedInstallment {
  std::int64_t number = 1;
  calendar::Date due_date;
  bool due_today = false;
  money::Money amount;
};
struct Quote {
  Plan plan = Plan::pay_now;
  bool credit = false, needs_card = false;
  money::Money total;
  std::vector<QuotedInstallment> installments;
  std::string_view terms_version;
  std::string terms_hash;  // SHA-256 in hex, over plan, version, country, amounts, date rule and the terms' texts
};

// Why a plan is not offered; `none` when it is.
enum class Unavailable : std::uint8_t { none, country, currency, amount_too_small, amount_too_large };
std::string_view name_of(Unavailable reason);
Unavailable check_availability(Plan plan, std::string_view country, const money::Money& amount);

// What the plan would cost when confirmed (and captured at once) `today`.
// Errors: refused (not available; reason: PLAN_NOT_AVAILABLE).
base::Result<Quote> quote(Plan plan, std::string_view country, const money::Money& amount, calendar::Date today);

// The schedule of one capture: parts that sum to the amount, rounding cents to the first; empty parts are left out.
// Pre: amount > 0.
std::vector<QuotedInstallment> schedule(Plan plan, const money::Money& amount, calendar::Date captured_on);

// What happens when a payment is late, in one sentence; the empty text for pay_now.
std::string_view late_sentence(Plan plan, identity::Language language);
struct Terms {
  std::string_view title;
  std::vector<std::string_view> paragraphs;
};
// The terms as the shopper reads them. Every language says the same; the hash covers all of them.
const Terms& terms_of(Plan plan, identity::Language language);

}  // namespace karv::credit
