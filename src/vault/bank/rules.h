// Whose accounts may be used for what: pure decisions about bank tokens.
#pragma once

#include "base/result.h"
#include "vault/bank/types.h"

namespace karv::vault {

// Whom a request names. Errors: bad_value INVALID_SCOPE (both named).
base::Result<BankOwner> bank_owner(TenantId tenant, const std::optional<CustomerRef>& customer,
                                   const std::optional<MerchantRef>& merchant);

// A scope that no token may have: the operator's own account for anybody else's purpose or the other way round, a
// customer's for a payout, a cap without a currency, zero or negative, a currency that is none. Errors: bad_value
// INVALID_SCOPE.
base::Result<void> check_bank_scope(const BankScope& scope);

// Whether a request that names this owner (nobody: the house) may speak of a token. Who stands in a statement has no
// name that a request could say.
bool belongs_to(const StoredBankToken& token, const BankOwner& named);

struct BankUse {
  BankPurpose purpose = BankPurpose::payout;
  BankOwner owner;
  std::int64_t amount_minor = 0;
  std::string currency;
  base::Instant business_now;
};
// `used_minor`: what was ordered with the token so far. Errors: forbidden SCOPE_REFUSED (the log says which part);
// unavailable TOKEN_FROZEN.
base::Result<void> decide_bank_use(const StoredBankToken& token, std::int64_t used_minor, const BankUse& use);

// What was ordered with a token after one more amount; as much as can be counted at most.
std::int64_t used_after(std::int64_t used_minor, std::int64_t amount_minor);

// "EUR": three capital letters.
bool is_currency_code(std::string_view text);

}  // namespace karv::vault
