#include "vault/reveal/staff_desk.h"

#include <algorithm>

#include "base/card_digits.h"
#include "crypto/hash.h"
#include "json/words.h"
#include "vault/cards/card_desk.h"
#include "vault/reveal/repository.h"

namespace karv::vault {
namespace {

using base::ErrorCode;
using base::public_error;
using base::Result;

constexpr base::Duration kInvitationHolds = base::minutes(30);
constexpr std::size_t kLongestName = 100;

base::Error unknown_staff() { return public_error(ErrorCode::not_found, "There is no such person.", "STAFF_UNKNOWN"); }
base::Error unknown_invitation() {
  return public_error(ErrorCode::not_found, "This link is not known, was used, or is over. Ask for a new one.",
                      "INVITATION_UNKNOWN");
}
base::Error needs_another() {
  return public_error(ErrorCode::forbidden, "A grant is confirmed by a custodian, and never by the person himself.",
                      "GRANT_NEEDS_ANOTHER");
}
audit::Subject subject_of(const Staff& staff) { return {.kind = "staff", .id = staff.id.text()}; }

base::Bytes digest_of_link(std::string_view link) { return crypto::sha256(base::as_bytes(link)); }
base::Bytes challenge_of(const Staff& staff) {
  return crypto::sha256(
      crypto::framed({base::as_bytes("karv staff enrolment 1"), staff.id.view(), staff.invite_digest}));
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && base::mask_card_numbers(name).masked == 0 &&
         std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_open(const Staff& staff, base::Instant now) {
  return staff.state == StaffState::invited && now < staff.invite_until;
}

}  // namespace

std::string fingerprint_of(const factors::Passkey& passkey) {
  if (passkey.id.empty()) return "";
  return base::to_hex(crypto::sha256(passkey.public_key)).substr(0, 16);
}

Result<vault_api::StaffInvitation> StaffDesk::add(const vault_api::StaffAddRequest& request, const std::string& who) {
  if (url_.empty())
    return public_error(ErrorCode::not_matching, "This vault has no door for staff: [staff] in its configuration.",
                        "NO_STAFF_DOOR");
  if (!is_name(request.name))
    return public_error(ErrorCode::bad_value, "A name is 1 to 100 bytes of text.", "BAD_VALUE");
  const std::string secret = random_text(random_);
  Staff staff;
  staff.id = base::make_id<vault_api::StaffTag>(wall_, random_);
  staff.name = request.name;
  staff.clearance = request.clearance;
  staff.invite_digest = digest_of_link(secret);
  staff.created_at = wall_.now();
  staff.invite_until = staff.created_at + kInvitationHolds;
  staff.used_at = staff.created_at;
  const auto record = gate_.record(who, "staff_invited", subject_of(staff), std::string(json::word(staff.clearance)));
  KARV_TRY_VOID(database_.write<void>("vault_add_staff", [&](store::Tx& tx) -> Result<void> {
    insert_staff(tx, staff);
    audit::append(tx, record);
    return {};
  }));
  return vault_api::StaffInvitation{
      .staff = staff.id, .link = url_ + "/staff/v1/#enrol=" + secret, .until = staff.invite_until.ms};
}

Result<Enrolment> StaffDesk::find_enrolment(std::string_view link) {
  KARV_TRY(const auto staff, database_.read<std::optional<Staff>>("vault_find_invitation", [&](store::ReadTx& tx) {
    return find_staff_by_invitation(tx, digest_of_link(link));
  }));
  if (!staff || !is_open(*staff, wall_.now())) return unknown_invitation();
  return Enrolment{.staff = staff->id,
                   .name = staff->name,
                   .clearance = staff->clearance,
                   .challenge = base::to_base64url(challenge_of(*staff)),
                   .user_handle = base::to_base64url(staff->id.view())};
}

Result<Enrolled> StaffDesk::enrol(std::string_view link, const factors::RegistrationResponse& response) {
  const auto digest = digest_of_link(link);
  return database_.write<Enrolled>("vault_enrol_staff", [&](store::Tx& tx) -> Result<Enrolled> {
    KARV_TRY(const auto found, find_staff_by_invitation(tx, digest));
    if (!found) return unknown_invitation();
    KARV_TRY(const auto staff, lock_staff(tx, found->id));
    if (!staff || staff->invite_digest != digest || !is_open(*staff, wall_.now())) return unknown_invitation();
    const auto challenge = challenge_of(*staff);
    KARV_TRY(auto passkey, factors::verify_registration({.party = gate_.party(), .challenge = challenge}, response));
    KARV_TRY(const auto owner, find_staff_by_credential(tx, passkey.id));
    if (owner) return public_error(ErrorCode::conflict, "This passkey belongs to somebody already.", "PASSKEY_TAKEN");
    auto enrolled = *staff;
    enrolled.state = *next_state(staff->state, StaffCommand::enrol);
    enrolled.invite_digest.clear();
    enrolled.passkey = std::move(passkey);
    update_staff(tx, *staff, enrolled);
    const auto fingerprint = fingerprint_of(enrolled.passkey);
    audit::append(tx,
                  gate_.record(staff->id.text(), "staff_enrolled", subject_of(*staff), "", {{"passkey", fingerprint}}));
    return Enrolled{.passkey = fingerprint};
  });
}

Result<std::string> StaffDesk::confirmer_of(const vault_api::StaffGrantRequest& request, const Staff& staff,
                                            const std::string& who) {
  KARV_TRY(const auto status, custody_.status());
  if (status.custodians.empty() && sandbox_) return who;
  if (!request.custodian) return needs_another();
  KARV_TRY(
      const auto custodian,
      custody_.check_act({.act = "staff_" + request.command,
                          .custodian = *request.custodian,
                          .at = request.at,
                          .nonce = request.nonce,
                          .signature = request.signature,
                          .about = vault_api::staff_grant(staff.id, staff.name, staff.clearance, request.passkey)}));
  if (!custodian.accepted_at)
    return public_error(ErrorCode::forbidden, "This custodian has not accepted the duty.", "CUSTODIAN_NOT_ACCEPTED");
  if (custodian.name == staff.name) return needs_another();
  return custodian.id.text();
}

Result<vault_api::Done> StaffDesk::grant(const vault_api::StaffGrantRequest& request, const std::string& who) {
  const auto command = json::parse_word<StaffCommand>(request.command);
  if (command != StaffCommand::approve && command != StaffCommand::review)
    return public_error(ErrorCode::bad_value, "A grant is confirmed by approve or review.", "BAD_VALUE");
  KARV_TRY(const auto known, database_.read<std::optional<Staff>>(
                                 "vault_find_staff", [&](store::ReadTx& tx) { return find_staff(tx, request.staff); }));
  if (!known) return unknown_staff();
  KARV_TRY(const auto confirmer, confirmer_of(request, *known, who));
  return database_.write<vault_api::Done>("vault_grant_staff", [&](store::Tx& tx) -> Result<vault_api::Done> {
    KARV_TRY(const auto staff, lock_staff(tx, request.staff));
    if (!staff) return unknown_staff();
    const auto next = next_state(staff->state, *command);
    if (!next || fingerprint_of(staff->passkey) != request.passkey)
      return public_error(ErrorCode::not_matching, "The person's state or passkey is not the one that was confirmed.",
                          "NOT_MATCHING");
    auto granted = *staff;
    granted.state = *next;
    granted.approved_by = confirmer;
    granted.review_due = wall_.now() + kReviewEvery;
    granted.used_at = wall_.now();
    update_staff(tx, *staff, granted);
    audit::append(tx, gate_.record(confirmer, command == StaffCommand::approve ? "staff_approved" : "staff_reviewed",
                                   subject_of(*staff), std::string(json::word(staff->clearance)),
                                   {{"passkey", request.passkey}}));
    return vault_api::Done{.done = staff->name + " is active until " + base::to_rfc3339(granted.review_due)};
  });
}

Result<vault_api::Done> StaffDesk::remove(const vault_api::StaffRemoveRequest& request, const std::string& who) {
  return database_.write<vault_api::Done>("vault_remove_staff", [&](store::Tx& tx) -> Result<vault_api::Done> {
    KARV_TRY(const auto staff, lock_staff(tx, request.staff));
    const auto next = staff ? next_state(staff->state, StaffCommand::remove) : std::nullopt;
    if (!next) return unknown_staff();
    auto removed = *staff;
    removed.state = *next;
    removed.invite_digest.clear();
    update_staff(tx, *staff, removed);
    audit::append(tx, gate_.record(who, "staff_removed", subject_of(*staff), ""));
    return vault_api::Done{.done = staff->name + " is removed"};
  });
}

Result<vault_api::StaffList> StaffDesk::list() {
  KARV_TRY(const auto people,
           database_.read<std::vector<Staff>>("vault_list_staff", [](store::ReadTx& tx) { return list_staff(tx); }));
  vault_api::StaffList out;
  for (const auto& p : people)
    out.people.push_back({.staff = p.id,
                          .name = p.name,
                          .clearance = p.clearance,
                          .state = p.state,
                          .passkey = fingerprint_of(p.passkey),
                          .approved_by = p.approved_by,
                          .review_due = p.state == StaffState::active ? p.review_due.ms : 0,
                          .suspended = p.state == StaffState::active && !decide_active(p, wall_.now()).ok()});
  return out;
}

}  // namespace karv::vault
