// The messages about staff between operators (`karv vault staff`) and karv-vault's admin door.
//
// An operator invites; the person makes a passkey at the vault's staff page; somebody else confirms whose it is. Where
// the vault has custodians, a custodian confirms, signed; in sandbox mode without custodians the operator does.
// Units: times in milliseconds since 1970.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "vault_api/admin_messages.h"

namespace karv::vault_api {

struct StaffTag;
using StaffId = base::Id<StaffTag>;

// What a person may do. Who approves never asks for full: asking and approving are two duties.
BOOST_DEFINE_ENUM_CLASS(Clearance, masked, partial, full_request, approve)
// invited -> enrolled (has a passkey) -> active (confirmed) -> removed, which is possible from all of them.
BOOST_DEFINE_ENUM_CLASS(StaffState, invited, enrolled, active, removed)

struct StaffInvitation {
  StaffId staff;
  std::string link;  // for this person alone: whoever opens it first makes the passkey
  std::int64_t until = 0;
};
BOOST_DESCRIBE_STRUCT(StaffInvitation, (), (staff, link, until))
// Errors: 400 BAD_VALUE (name), 409 NO_STAFF_DOOR (the vault has no page for them).
struct StaffAddRequest {
  using Answer = StaffInvitation;
  static constexpr std::string_view kPath = "/admin/v1/staff";
  std::string name;  // "Anna Berg"
  Clearance clearance = Clearance::masked;
};
BOOST_DESCRIBE_STRUCT(StaffAddRequest, (), (name, clearance))

struct StaffLine {
  StaffId staff;
  std::string name;
  Clearance clearance = Clearance::masked;
  StaffState state = StaffState::invited;
  std::string passkey;  // the first 16 hex digits of its SHA-256; empty before there is one
  std::string approved_by;
  std::int64_t review_due = 0;  // 0: not active. Past: the grant is suspended until somebody reviews it
  bool suspended = false;       // its review is overdue, or it was not used for 90 days
};
BOOST_DESCRIBE_STRUCT(StaffLine, (), (staff, name, clearance, state, passkey, approved_by, review_due, suspended))
struct StaffList {
  std::vector<StaffLine> people;
};
BOOST_DESCRIBE_STRUCT(StaffList, (), (people))

// Confirms a person's grant, first ("approve") or again ("review"): for six months. `passkey` as it is listed, which
// the confirmer has compared with the person. A custodian signs "staff_approve" or "staff_review" about staff_grant().
// Errors: 404, 409 NOT_MATCHING (the state, another passkey), 403 GRANT_NEEDS_ANOTHER (a custodian for himself, or no
// custodian where there are some), and those of signed acts.
struct StaffGrantRequest {
  using Answer = Done;
  static constexpr std::string_view kPath = "/admin/v1/staff/grant";
  std::string command;
  StaffId staff;
  std::string passkey;
  std::optional<CustodianId> custodian;
  std::int64_t at = 0;
  std::string nonce;
  std::string signature;
};
BOOST_DESCRIBE_STRUCT(StaffGrantRequest, (), (command, staff, passkey, custodian, at, nonce, signature))
// What the confirmation is about.
base::Bytes staff_grant(StaffId staff, std::string_view name, Clearance clearance, std::string_view passkey);

// At once: nothing that the person signed or approved opens anything from then on. Errors: 404.
struct StaffRemoveRequest {
  using Answer = Done;
  static constexpr std::string_view kPath = "/admin/v1/staff/remove";
  StaffId staff;
};
BOOST_DESCRIBE_STRUCT(StaffRemoveRequest, (), (staff))

}  // namespace karv::vault_api
