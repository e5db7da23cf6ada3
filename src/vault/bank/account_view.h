// A bank account as a message of ISO 20022 names it.
#pragma once

#include "vault/bank/bank_account.h"
#include "wire/iso20022_pain001.h"

namespace karv::vault {

// Views of `account`, which stays where it is.
wire::iso20022::AccountView view_of(const BankAccount& account);

}  // namespace karv::vault
