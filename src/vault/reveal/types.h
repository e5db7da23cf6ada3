// The nouns of reveal as they are stored: people with their passkeys, what they asked to see, and their looks. No card
// number is among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "factors/passkeys.h"
#include "vault/types.h"
#include "vault_api/reveal.h"
#include "vault_api/staff_messages.h"

namespace karv::vault {

using vault_api::Clearance;
using vault_api::RevealLevel;
using vault_api::RevealReason;
using vault_api::StaffId;
using vault_api::StaffState;

struct RevealTag;
struct LookTag;
using RevealId = base::Id<RevealTag>;
using LookId = base::Id<LookTag>;

// A person and the one passkey that is his.
struct Staff {
  StaffId id;
  std::string name;
  Clearance clearance = Clearance::masked;
  StaffState state = StaffState::invited;
  base::Bytes invite_digest;   // of the link's secret; 256 random bits stand behind it
  base::Instant invite_until;  // wall time, as all of them here
  factors::Passkey passkey;    // its id is empty before there is one
  base::Instant last_act;      // an act counts when it is newer: none counts twice
  std::string approved_by;     // a custodian's id, or the operator
  base::Instant review_due;    // past: suspended
  base::Instant created_at;
  base::Instant used_at;  // when he last signed something, or was confirmed: long ago, he is disabled
};

// requested -> approved | refused; approved -> used when its looks are taken; each may expire or be refused before.
BOOST_DEFINE_ENUM_CLASS(RevealState, requested, approved, refused, expired, used)

struct RevealRequest {
  RevealId id;
  TenantId tenant;
  CardId card;
  CustomerRef customer;
  StaffId requester;
  RevealLevel level = RevealLevel::masked;
  RevealReason reason = RevealReason::dispute;
  std::string case_number;
  std::string words;       // exactly what both signed
  std::int64_t looks = 0;  // how many it allows
  std::int64_t looks_taken = 0;
  RevealState state = RevealState::requested;
  base::Instant asked_at;
  base::Instant expires_at;
  std::optional<StaffId> decided_by;
  base::Bytes asked_proof;    // the requester's signature, with all that is needed to check it again
  base::Bytes decided_proof;  // the approver's; empty before, and when nobody had to approve
};

struct Look {
  LookId id;
  RevealId request;
  TenantId tenant;
  CustomerRef customer;
  CardId card;
  StaffId staff;
  RevealLevel level = RevealLevel::masked;
  RevealReason reason = RevealReason::dispute;
  base::Instant at;
};

}  // namespace karv::vault
