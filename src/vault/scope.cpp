#include "vault/scope.h"

#include <algorithm>

namespace karv::vault {
namespace {

base::Error refused(const char* what) {
  return base::internal_error(base::ErrorCode::forbidden, std::string("token scope: ") + what)
      .with_reason("SCOPE_REFUSED");
}

base::Error not_a_scope(const char* what) {
  return base::public_error(base::ErrorCode::bad_value, what, "INVALID_SCOPE");
}

bool is_over(const Scope& scope, base::Instant business_now) {
  return scope.expires_at && business_now >= *scope.expires_at;
}

}  // namespace

bool counts_against_cap(OperationKind kind) {
  return kind == OperationKind::hold || kind == OperationKind::charge || kind == OperationKind::refund;
}

base::Result<void> decide_use(const StoredToken& token, const Use& use) {
  const Scope& scope = token.scope;
  const bool listed = std::ranges::any_of(
      kUseRules, [&](const UseRule& rule) { return rule.purpose == scope.purpose && rule.kind == use.kind; });
  if (!listed) return refused("purpose");
  if (scope.customer != use.customer) return refused("customer");
  if (scope.merchant != use.merchant) return refused("merchant");
  if (scope.agreement != use.agreement) return refused("agreement");
  if (is_over(scope, use.business_now)) return refused("expired");
  if (scope.currency && *scope.currency != use.currency) return refused("currency");
  if (scope.cap_minor && counts_against_cap(use.kind)) {
    if (use.amount_minor > *scope.cap_minor || token.used_minor > *scope.cap_minor - use.amount_minor)
      return refused("cap");
  }
  return {};
}

base::Result<void> decide_derive(const StoredToken& source, const Scope& wanted, base::Instant business_now) {
  const Scope& scope = source.scope;
  const bool listed = std::ranges::any_of(
      kDeriveRules, [&](const DeriveRule& rule) { return rule.from == scope.purpose && rule.to == wanted.purpose; });
  if (!listed) return refused("purpose cannot be derived");
  if (scope.customer != wanted.customer) return refused("customer");
  if (scope.card != wanted.card) return refused("card");
  // `saved` is the customer's own and belongs to no merchant: it is the one purpose that drops the merchant.
  const bool from_saved = scope.purpose == Purpose::saved;
  if (!from_saved && wanted.purpose != Purpose::saved && scope.merchant != wanted.merchant) return refused("merchant");
  if (scope.agreement && scope.agreement != wanted.agreement) return refused("agreement");
  if (is_over(scope, business_now)) return refused("expired");
  if (scope.currency && scope.currency != wanted.currency) return refused("currency");
  if (scope.cap_minor && (!wanted.cap_minor || *wanted.cap_minor > *scope.cap_minor)) return refused("cap");
  if (scope.expires_at && (!wanted.expires_at || *wanted.expires_at > *scope.expires_at)) return refused("expiry");
  return {};
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
  return {};
}

}  // namespace karv::vault
