#include "vault/tokens/scope.h"

#include <algorithm>

#include "base/check.h"

namespace karv::vault {
namespace {

base::Error not_a_scope(const char* what) {
  return base::public_error(base::ErrorCode::bad_value, what, "INVALID_SCOPE");
}

bool charges(Purpose purpose) { return purpose != Purpose::refund && purpose != Purpose::reversal; }

// Of a limited thing of the source: what a token for `purpose` may have of it.
std::int64_t allowed(Purpose purpose, std::int64_t most, std::int64_t taken) {
  return charges(purpose) ? most - taken : most;
}

bool is_within(std::optional<std::int64_t> wanted, std::int64_t allowed) { return wanted && *wanted <= allowed; }

bool is_over(const StoredToken& token, base::Instant business_now) {
  const auto over = [&](std::optional<base::Instant> end) { return end && business_now >= *end; };
  return over(token.scope.expires_at) || over(token.refund_until);
}

}  // namespace

Scope wanted_scope(CardId card, const vault_api::DeriveRequest& request) {
  Scope scope;
  scope.card = card;
  scope.customer = request.customer;
  scope.merchant = request.merchant;
  scope.purpose = request.purpose;
  scope.agreement = request.agreement;
  scope.cap_minor = request.cap_minor;
  scope.currency = request.currency;
  if (request.expires_at) scope.expires_at = base::Instant{*request.expires_at};
  scope.most_uses = request.most_uses;
  scope.most_each_minor = request.most_each_minor;
  return scope;
}

Use wanted_use(OperationKind kind, const vault_api::CardOperation& request) {
  return {.kind = kind,
          .customer = request.customer,
          .merchant = request.merchant,
          .agreement = request.agreement,
          .amount_minor = request.amount_minor,
          .currency = request.currency,
          .business_now = {request.business_time}};
}

bool counts_against_cap(OperationKind kind) {
  return kind == OperationKind::hold || kind == OperationKind::charge || kind == OperationKind::refund ||
         kind == OperationKind::payout;
}

bool takes_use(Purpose purpose, OperationKind kind) {
  return counts_against_cap(kind) || (purpose == Purpose::reversal && kind == OperationKind::reverse);
}

std::optional<RefusalReason> find_refusal(const StoredToken& token, const Use& use) {
  const Scope& scope = token.scope;
  const bool listed = std::ranges::any_of(
      kUseRules, [&](const UseRule& rule) { return rule.purpose == scope.purpose && rule.kind == use.kind; });
  if (scope.customer != use.customer) return RefusalReason::customer;
  if (scope.merchant && scope.merchant != use.merchant) return RefusalReason::merchant;
  if (!listed) return RefusalReason::purpose;
  if (token.ended_at && !survives_end(use.kind)) return RefusalReason::ended;
  if (scope.agreement != use.agreement) return RefusalReason::agreement;
  if (is_over(token, use.business_now)) return RefusalReason::expired;
  if (scope.currency && *scope.currency != use.currency) return RefusalReason::currency;
  if (scope.most_each_minor && counts_against_cap(use.kind) && use.amount_minor > *scope.most_each_minor)
    return RefusalReason::cap;
  if (scope.cap_minor && counts_against_cap(use.kind)) {
    if (use.amount_minor > *scope.cap_minor || token.used_minor > *scope.cap_minor - use.amount_minor)
      return RefusalReason::cap;
  }
  if (scope.most_uses && takes_use(scope.purpose, use.kind) && token.uses >= *scope.most_uses)
    return RefusalReason::uses;
  return std::nullopt;
}

std::optional<RefusalReason> find_refusal(const StoredToken& source, const Scope& wanted, base::Instant business_now) {
  const Scope& scope = source.scope;
  KARV_REQUIRE(scope.card == wanted.card);
  const bool listed = std::ranges::any_of(
      kDeriveRules, [&](const DeriveRule& rule) { return rule.from == scope.purpose && rule.to == wanted.purpose; });
  if (scope.customer != wanted.customer) return RefusalReason::customer;
  // `saved` is the customer's own and belongs to no merchant: it is the one purpose that drops the merchant.
  if (scope.merchant && wanted.purpose != Purpose::saved && scope.merchant != wanted.merchant)
    return RefusalReason::merchant;
  if (!listed) return RefusalReason::purpose;
  if (source.ended_at && charges(wanted.purpose)) return RefusalReason::ended;
  if (scope.agreement && scope.agreement != wanted.agreement) return RefusalReason::agreement;
  if (is_over(source, business_now)) return RefusalReason::expired;
  if (scope.currency && scope.currency != wanted.currency) return RefusalReason::currency;
  if (scope.cap_minor && !is_within(wanted.cap_minor, allowed(wanted.purpose, *scope.cap_minor, source.used_minor)))
    return RefusalReason::cap;
  if (scope.most_each_minor && charges(wanted.purpose) && !is_within(wanted.most_each_minor, *scope.most_each_minor))
    return RefusalReason::cap;
  if (scope.most_uses && !is_within(wanted.most_uses, allowed(wanted.purpose, *scope.most_uses, source.uses)))
    return RefusalReason::uses;
  if (scope.expires_at && (!wanted.expires_at || *wanted.expires_at > *scope.expires_at)) return RefusalReason::expired;
  return std::nullopt;
}

base::Result<void> check_scope(const Scope& scope) {
  if (scope.merchant.has_value() == (scope.purpose == Purpose::saved))
    return not_a_scope("A saved card belongs to no merchant, everything else to one.");
  if (scope.agreement.has_value() && scope.purpose == Purpose::saved)
    return not_a_scope("A saved card belongs to no agreement.");
  if (!scope.agreement.has_value() && scope.purpose == Purpose::installments)
    return not_a_scope("Installments belong to an agreement.");
  if (scope.cap_minor && (*scope.cap_minor <= 0 || !scope.currency))
    return not_a_scope("A cap is more than zero and has a currency.");
  if (scope.most_each_minor && (*scope.most_each_minor <= 0 || !scope.currency))
    return not_a_scope("The most of one charge is more than zero and has a currency.");
  if (scope.purpose == Purpose::recurring && (!scope.most_each_minor || !scope.expires_at))
    return not_a_scope("Recurring charges have a most of each and an end.");
  if (scope.purpose == Purpose::payout && !scope.cap_minor) return not_a_scope("A payout has a cap.");
  if (scope.most_uses && *scope.most_uses <= 0) return not_a_scope("A token has at least one use.");
  return {};
}

}  // namespace karv::vault
