// Whether a vault token may be used for what is asked, and which tokens may be derived from it. Pure decisions: what is
// not in the two tables is refused, and so is every difference in customer, merchant, agreement, currency, cap, time or
// uses. A derived token never allows more than its source: one that charges takes at most what is left there, one that
// gives back at most what could be taken in all.
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
    {Purpose::recurring, OperationKind::charge},
    {Purpose::refund, OperationKind::refund},
    {Purpose::reversal, OperationKind::reverse},
    {Purpose::payout, OperationKind::payout},
});

struct DeriveRule {
  Purpose from;
  Purpose to;
};
inline constexpr auto kDeriveRules = std::to_array<DeriveRule>({
    {Purpose::purchase, Purpose::installments},
    {Purpose::purchase, Purpose::recurring},
    {Purpose::purchase, Purpose::refund},
    {Purpose::purchase, Purpose::reversal},
    {Purpose::purchase, Purpose::saved},
    {Purpose::installments, Purpose::refund},
    {Purpose::installments, Purpose::reversal},
    {Purpose::recurring, Purpose::refund},
    {Purpose::saved, Purpose::purchase},
    {Purpose::saved, Purpose::installments},
    {Purpose::saved, Purpose::recurring},
    {Purpose::saved, Purpose::refund},
    {Purpose::saved, Purpose::reversal},
    {Purpose::saved, Purpose::payout},
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

// What a request to derive asks for, on the card of its source.
Scope wanted_scope(CardId card, const vault_api::DeriveRequest& request);
// What a request to operate asks for.
Use wanted_use(OperationKind kind, const vault_api::CardOperation& request);

// Whether an operation of this kind takes up part of the token's cap.
bool counts_against_cap(OperationKind kind);
// Whether an operation of this kind takes one of the token's uses. Giving free what was held does, if the token is for
// nothing else.
bool takes_use(Purpose purpose, OperationKind kind);

// Whether it is still taken with a token whose card has ended: nothing new is charged; what an approved hold reserved
// may be taken up or given free, what was charged may be given back.
constexpr bool survives_end(OperationKind kind) {
  return kind == OperationKind::complete || kind == OperationKind::reverse || kind == OperationKind::refund;
}

// Why it is refused; nothing when it is allowed.
std::optional<RefusalReason> find_refusal(const StoredToken& token, const Use& use);
// `wanted` is for the card of its source.
std::optional<RefusalReason> find_refusal(const StoredToken& source, const Scope& wanted, base::Instant business_now);

// A scope that no token may have: no merchant but for `saved`, installments without an agreement, a cap without a
// currency, a cap or uses of zero or less. Errors: bad_value.
base::Result<void> check_scope(const Scope& scope);

}  // namespace karv::vault
