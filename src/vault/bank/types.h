// The nouns of bank accounts as they are stored: accounts, their tokens, tickets for typing one in. No clear number.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id.h"
#include "vault/bank/bank_account.h"
#include "vault/keys/types.h"
#include "vault/types.h"
#include "vault_api/bank_messages.h"

namespace karv::vault {

using vault_api::BankPurpose;

struct BankAccountTag;
using BankAccountId = base::Id<BankAccountTag>;

// house: the operator's own. counterparty: of whoever stands in a statement; the file is its subject.
BOOST_DEFINE_ENUM_CLASS(BankOwnerKind, customer, merchant, house, counterparty)

struct BankOwner {
  BankOwnerKind kind = BankOwnerKind::house;
  SubjectId id;  // whose key seals it; of the house: the tenant's id
  friend bool operator==(const BankOwner&, const BankOwner&) = default;
};

struct StoredBankAccount {
  BankAccountId id;
  TenantId tenant;
  BankOwner owner;
  SubjectKeyId subject_key;  // seals it
  base::Bytes sealed;
  base::Bytes fingerprint;
  KeyId fingerprint_key;
  BankAccountKind kind = BankAccountKind::iban;
  MaskedAccount masked;
};

// An account with the row of the key that seals it.
struct SealedBankAccount {
  StoredBankAccount account;
  StoredSubjectKey key;
};

// What a bank token, or a ticket for one, allows.
struct BankScope {
  BankOwner owner;
  BankPurpose purpose = BankPurpose::payout;
  std::optional<std::int64_t> cap_minor;
  std::optional<std::string> currency;
  std::optional<base::Instant> expires_at;  // business time
};

struct StoredBankToken {
  base::Bytes mac;
  KeyId mac_key;
  TenantId tenant;
  BankAccountId account;
  BankScope scope;
  std::int64_t used_minor = 0;
  std::int64_t uses = 0;
  bool frozen = false;  // came out of a backup and was not compared yet (restore.h)
};

struct StoredBankTicket {
  base::Bytes mac;
  TenantId tenant;
  BankScope scope;
  TicketState state = TicketState::open;
  std::optional<BankAccountId> account;
  base::Instant expires_at;  // wall time
};

}  // namespace karv::vault
