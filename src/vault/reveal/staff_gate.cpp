#include "vault/reveal/staff_gate.h"

#include "base/log.h"
#include "crypto/hash.h"
#include "vault/reveal/repository.h"
#include "vault/reveal/rules.h"
#include "vault/reveal/words.h"

namespace karv::vault {
namespace {

constexpr base::Duration kFresh = base::minutes(5);

base::Error refused(const char* why) {
  return base::Error(base::ErrorCode::forbidden, base::PublicText("The passkey was not accepted."),
                     base::InternalDetail(why))
      .with_reason("PASSKEY_REFUSED");
}

// Errors: forbidden PASSKEY_REFUSED.
base::Result<factors::AssertionResponse> response_of(const SignedWords& from) {
  const auto credential = base::from_base64url(from.credential);
  const auto client_data = base::from_base64url(from.client_data);
  const auto data = base::from_base64url(from.authenticator_data);
  const auto signature = base::from_base64url(from.signature);
  if (!credential || !client_data || !data || !signature) return refused("not base64url");
  factors::AssertionResponse out{
      .credential_id = *credential, .client_data = *client_data, .authenticator_data = *data, .signature = *signature};
  if (!from.user_handle) return out;
  out.user_handle = base::from_base64url(*from.user_handle);
  if (!out.user_handle) return refused("not base64url");
  return out;
}

}  // namespace

base::Result<Signer> StaffGate::admit(const SignedWords& from, std::optional<std::int64_t> at) {
  KARV_TRY(const auto response, response_of(from));
  if (response.credential_id.empty() || response.credential_id.size() > factors::kLongestResponse)
    return refused("no credential");
  KARV_TRY(const auto found, database_.read<std::optional<Staff>>("vault_find_staff", [&](store::ReadTx& tx) {
    return find_staff_by_credential(tx, response.credential_id);
  }));
  if (!found) return refused("nobody has this passkey");
  const auto challenge = words_challenge(from.words);
  auto after =
      factors::verify_assertion({.party = party_, .challenge = challenge}, found->passkey, found->id.view(), response);
  if (!after.ok()) {
    record_refusal(*found, "staff_signature_refused", {.kind = "staff", .id = found->id.text()}, after.error());
    return std::move(after).error();
  }
  KARV_TRY_VOID(use_up(*found, *after, at));
  return Signer{.staff = *found,
                .proof = crypto::framed({response.client_data, response.authenticator_data, response.signature})};
}

base::Result<void> StaffGate::use_up(const Staff& before, const factors::Passkey& after,
                                     std::optional<std::int64_t> at) {
  return database_.write<void>("vault_use_signature", [&](store::Tx& tx) -> base::Result<void> {
    KARV_TRY(const auto staff, lock_staff(tx, before.id));
    if (!staff || staff->passkey.id != after.id || staff->passkey.sign_count != before.passkey.sign_count)
      return refused("its counter moved on meanwhile");
    auto next = *staff;
    next.passkey.sign_count = after.sign_count;
    if (const auto now = wall_.now(); !is_unused(*staff, now)) next.used_at = now;
    if (at) {
      const base::Instant now = wall_.now();
      const base::Instant signed_at{*at};
      if (signed_at <= staff->last_act || signed_at > now + kFresh || signed_at < now - kFresh)
        return base::public_error(base::ErrorCode::forbidden, "This was signed too long ago, or sent before.",
                                  "ACT_NOT_FRESH");
      next.last_act = signed_at;
    }
    update_staff(tx, *staff, next);
    return {};
  });
}

audit::Record StaffGate::record(const std::string& actor, std::string action, audit::Subject subject,
                                std::string reason, std::vector<audit::Detail> details) const {
  return {.id = base::make_id<audit::RecordTag>(wall_, random_),
          .actor = {.kind = audit::ActorKind::staff, .id = actor},
          .action = std::move(action),
          .subject = std::move(subject),
          .reason = std::move(reason),
          .business_time = wall_.now(),
          .wall_time = wall_.now(),
          .correlation_id = "",
          .details = audit::details_text(std::move(details))};
}

void StaffGate::record_refusal(const Staff& staff, std::string action, audit::Subject subject,
                               const base::Error& error) {
  const auto row = record(staff.id.text(), std::move(action), std::move(subject), error.reason());
  const auto written = database_.write<void>("vault_record_refusal", [&](store::Tx& tx) -> base::Result<void> {
    audit::append(tx, row);
    return {};
  });
  if (!written.ok()) base::log::error("vault_refusal_not_recorded", {{"staff_id", staff.id.text()}});
}

}  // namespace karv::vault
