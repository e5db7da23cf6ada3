// Whether a vault token may be used for what is asked, and which tokens may be derived from it. Pure decisions: what is
// not in the two tables is refused, and so is every difference in customer, merchant, agreement, currency, cap or time.
#pragma once

#include <array>

#include "base/result.h"
#include "vault/types.h"

namespace karv::vault {

struct UseRule {
  Purpose purpose;
  OperationKind kind;
};
inline constexpr auto kUseRules = std::to_array<UseRule>({
    {Purpose::purchase, OperationKind::hold},
    {Purpose::purchase, OperationKind::charge},  // in place of a hold that expired
    {Purpose::purchase, OperationKind::complete},
    {Purpose::purchase, OperationKind::reverse},
    {Purpose::installments, OperationKind::hold},
    {Purpose::installments, OperationKind::charge},
    {Purpose::installments, OperationKind::complete},
    {Purpose::installments, OperationKind::reverse},
    {Purpose::refund, OperationKind::refund},
    {Purpose::reversal, OperationKind::reverse},
});

struct DeriveRule {
  Purpose from;
  Purpose to;
};
inline constexpr auto kDeriveRules = std::to_array<DeriveRule>({
    {Purpose::purchase, Purpose::installments},
    {Purpose::purchase, Purpose::refund},
    {Purpose::purchase, Purpose::reversal},
    {Purpose::purchase, Purpose::saved},
    {Purpose::installments, Purpose::refund},
    {Purpose::installments, Purpose::reversal},
    {Purpose::saved, Purpose::purchase},
    {Purpose::saved, Purpose::installments},
    {Purpose::saved, Purpose::refund},
    {Purpose::saved, Purpose::reversal},
    {Purpose::saved, Purpose::saved},
});

struct Use {
  OperationKind kind = OperationKind::hold;
  CustomerRef customer;
  MerchantRef merchant;
  std::optional<AgreementRef> agreement;
  std::int64_t amount_minor = 0;
  std::string currency;
  base::Instant business_now;
};

// Whether an operation of this kind takes up part of the token's cap.
bool counts_against_cap(OperationKind kind);

// Errors: forbidden, reason SCOPE_REFUSED; the log text says which part did not fit.
base::Result<void> decide_use(const StoredToken& token, const Use& use);
base::Result<void> decide_derive(const StoredToken& source, const Scope& wanted, base::Instant business_now);

// A scope that no token may have: no merchant but for `saved`, installments without an agreement, a cap without a
// currency, negative or zero. Errors: bad_value.
base::Result<void> check_scope(const Scope& scope);

}  // namespace karv::vault
