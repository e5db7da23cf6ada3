#include "vault/bank/rules.h"

#include <algorithm>
#include <array>
#include <limits>

namespace karv::vault {
namespace {

struct OwnerRule {
  BankPurpose purpose;
  BankOwnerKind owner;
};
constexpr auto kOwnerRules = std::to_array<OwnerRule>({
    {BankPurpose::payout, BankOwnerKind::merchant},
    {BankPurpose::refund, BankOwnerKind::customer},
    {BankPurpose::direct_debit, BankOwnerKind::customer},
    {BankPurpose::direct_debit, BankOwnerKind::merchant},  // what a merchant owes after refunds
    {BankPurpose::own, BankOwnerKind::house},
});

base::Error not_a_scope(const char* what) {
  return base::public_error(base::ErrorCode::bad_value, what, "INVALID_SCOPE");
}
base::Error refused(const char* what) {
  return base::internal_error(base::ErrorCode::forbidden, std::string("bank token scope: ") + what)
      .with_reason("SCOPE_REFUSED");
}

}  // namespace

bool is_currency_code(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::int64_t used_after(std::int64_t used_minor, std::int64_t amount_minor) {
  const std::int64_t room = std::numeric_limits<std::int64_t>::max() - used_minor;
  return used_minor + std::min(room, amount_minor);
}

base::Result<BankOwner> bank_owner(TenantId tenant, const std::optional<CustomerRef>& customer,
                                   const std::optional<MerchantRef>& merchant) {
  if (customer && merchant) return not_a_scope("An account is a customer's or a merchant's, not both's.");
  if (customer) return BankOwner{.kind = BankOwnerKind::customer, .id = SubjectId(customer->uuid())};
  if (merchant) return BankOwner{.kind = BankOwnerKind::merchant, .id = SubjectId(merchant->uuid())};
  return BankOwner{.kind = BankOwnerKind::house, .id = SubjectId(tenant.uuid())};
}

bool belongs_to(const StoredBankToken& token, const BankOwner& named) {
  const BankOwner& owner = token.scope.owner;
  return owner == named || (owner.kind == BankOwnerKind::counterparty && named.kind == BankOwnerKind::house);
}

base::Result<void> check_bank_scope(const BankScope& scope) {
  const bool listed = std::ranges::any_of(kOwnerRules, [&](const OwnerRule& rule) {
    return rule.purpose == scope.purpose && rule.owner == scope.owner.kind;
  });
  if (!listed) return not_a_scope("This purpose is not for an account of that owner.");
  if (scope.currency && !is_currency_code(*scope.currency)) return not_a_scope("The currency is not a currency code.");
  if (scope.cap_minor && (*scope.cap_minor <= 0 || !scope.currency))
    return not_a_scope("A cap is more than zero and has a currency.");
  return {};
}

base::Result<void> decide_bank_use(const StoredBankToken& token, std::int64_t used_minor, const BankUse& use) {
  const BankScope& scope = token.scope;
  if (scope.purpose != use.purpose) return refused("purpose");
  if (!belongs_to(token, use.owner)) return refused("owner");
  if (scope.expires_at && use.business_now >= *scope.expires_at) return refused("expired");
  if (scope.currency && *scope.currency != use.currency) return refused("currency");
  if (scope.cap_minor && (use.amount_minor > *scope.cap_minor || used_minor > *scope.cap_minor - use.amount_minor))
    return refused("cap");
  if (!token.frozen) return {};
  return base::internal_error(base::ErrorCode::unavailable,
                              "the token is frozen since the store was restored: run `karv backup reconcile`")
      .with_reason("TOKEN_FROZEN");
}

}  // namespace karv::vault
