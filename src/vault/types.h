// The vault's nouns as they are stored: cards, tokens, tickets, operations. Plain values, no behavior; no clear card
// data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/id.h"
#include "vault/keys/types.h"
#include "vault_api/messages.h"

namespace karv::vault {

using vault_api::AgreementRef;
using vault_api::CustomerRef;
using vault_api::Initiator;
using vault_api::MerchantRef;
using vault_api::OperationId;
using vault_api::OperationKind;
using vault_api::OperationState;
using vault_api::Outcome;
using vault_api::Purpose;
using vault_api::RefusalReason;

struct CardTag;
using CardId = base::Id<CardTag>;

struct StoredCard {
  CardId id;
  TenantId tenant;
  CustomerRef customer;
  SubjectKeyId subject_key;  // seals it
  base::Bytes sealed;
  base::Bytes fingerprint;
  KeyId fingerprint_key;
  std::string brand;
  std::string last4;
};

// A card with the row of the key that seals it.
struct SealedCard {
  StoredCard card;
  StoredSubjectKey key;
};

// What a vault token allows. Its random text is known to its holder only; the store has its keyed digest.
struct Scope {
  CardId card;
  CustomerRef customer;
  std::optional<MerchantRef> merchant;
  Purpose purpose = Purpose::purchase;
  std::optional<AgreementRef> agreement;
  std::optional<std::int64_t> cap_minor;
  std::optional<std::string> currency;
  std::optional<base::Instant> expires_at;  // business time
  std::optional<std::int64_t> most_uses;
  std::optional<std::int64_t> most_each_minor;  // of one operation that counts against the cap
};
struct StoredToken {
  base::Bytes mac;
  KeyId mac_key;
  Scope scope;
  std::int64_t used_minor = 0;  // taken and not given back, as `uses`
  std::int64_t uses = 0;
  base::Instant created_at;                   // wall time
  std::optional<base::Instant> ended_at;      // business time: its card was deleted or replaced
  std::optional<base::Instant> refund_until;  // business time, when it has ended
  bool frozen = false;                        // came out of a backup and was not compared yet (restore.h)
};

BOOST_DEFINE_ENUM_CLASS(TicketState, open, filled, collected)

struct StoredTicket {
  base::Bytes mac;
  TenantId tenant;
  CustomerRef customer;
  std::optional<MerchantRef> merchant;
  Purpose purpose = Purpose::purchase;
  std::string frame_ancestors;  // as the header says it: origins separated by spaces
  std::string parent_origin;
  TicketState state = TicketState::open;
  std::optional<CardId> card;
  std::string filled_by;     // the process that keeps the code of the card; empty: it has no name
  base::Instant expires_at;  // wall time
};

// One card operation, from its intent to its end.
struct Operation {
  OperationId id;
  OperationKind kind = OperationKind::hold;
  base::Bytes request_digest;
  OperationState state = OperationState::recorded;
  TenantId tenant;
  CardId card;
  CustomerRef customer;
  MerchantRef merchant;
  base::Bytes token_mac;
  std::optional<OperationId> original;  // what it quotes
  std::int64_t amount_minor = 0;
  std::string currency;
  std::string merchant_reference;
  std::string merchant_name;
  Initiator initiator = Initiator::cardholder;
  std::string reference;           // DE37
  std::int64_t stan = 0;           // DE11
  base::Instant sent_at;           // DE7
  std::int64_t reversal_stan = 0;  // of the 0420 that undoes it
  base::Instant reversal_at;
  std::string response_code;
  std::string approval_code;
  std::int64_t completed_minor = 0;  // of a hold: accepted completions
  std::int64_t refunded_minor = 0;   // of a hold or charge: refunds not refused
};

// An operation that is not settled, and when to look at it again. Units: wall time.
struct OpenOperation {
  OperationId id;
  std::int64_t attempts = 0;
  base::Instant due_at;
  // Of a payout: what its repeats say again (payout_as_sent() in network_messages.h). Written before its first message
  // leaves, so without it none has left; gone with the row.
  std::optional<std::string> as_sent = {};
  friend bool operator==(const OpenOperation&, const OpenOperation&) = default;
};

}  // namespace karv::vault
