#include "vault/reveal/rules.h"

namespace karv::vault {
namespace {

using base::ErrorCode;
using base::public_error;

base::Error clearance_too_low() {
  return public_error(ErrorCode::forbidden, "Your clearance does not allow this.", "CLEARANCE_TOO_LOW");
}
base::Error day_limit() {
  return public_error(ErrorCode::too_many_requests, "You have reached the most that one person may see in 24 hours.",
                      "DAY_LIMIT");
}
base::Error expired() {
  return public_error(ErrorCode::gone, "The time of this request is over. Ask again.", "REQUEST_EXPIRED");
}

}  // namespace

base::Result<void> decide_active(const Staff& staff, base::Instant now) {
  if (staff.state != StaffState::active)
    return public_error(ErrorCode::forbidden, "Your access is not active. An operator can tell you why.",
                        "STAFF_NOT_ACTIVE");
  if (now >= staff.review_due)
    return public_error(ErrorCode::forbidden, "Your access is suspended until its six-monthly review was done.",
                        "REVIEW_OVERDUE");
  if (is_unused(staff, now))
    return public_error(ErrorCode::forbidden,
                        "Your access was not used for 90 days. A custodian has to confirm it again.", "STAFF_UNUSED");
  return {};
}

RevealState state_at(const RevealRequest& request, base::Instant now) {
  if (now < request.expires_at) return request.state;
  return next_state(request.state, RevealCommand::expire).value_or(request.state);
}

base::Result<void> decide_request(const Staff& requester, const RevealRequest& request, std::int64_t today,
                                  const RevealLimits& limits, base::Instant now) {
  KARV_TRY_VOID(decide_active(requester, now));
  if (!may_ask(requester.clearance, request.level)) return clearance_too_low();
  if (request.expires_at <= now || request.expires_at > request.asked_at + kLongestTimeBox)
    return public_error(ErrorCode::bad_value, "A request lasts at most 15 minutes.", "BAD_VALUE");
  if (request.looks < 1 || request.looks > kMostLooks)
    return public_error(ErrorCode::bad_value, "A request allows one to three looks.", "BAD_VALUE");
  if (today >= limit_of(limits, request.level)) return day_limit();
  return {};
}

bool are_independent(const Staff& requester, const Staff& approver) {
  const bool by_custodian = vault_api::CustodianId::parse(approver.approved_by).has_value();
  return requester.id != approver.id && (!by_custodian || requester.approved_by != approver.approved_by);
}

base::Result<RevealState> decide_decision(const Staff& approver, const std::optional<Staff>& requester,
                                          const RevealRequest& request, RevealCommand command, base::Instant now) {
  KARV_TRY_VOID(decide_active(approver, now));
  if (approver.id == request.requester)
    return public_error(ErrorCode::forbidden, "Nobody decides on a request of his own.", "SELF_APPROVAL");
  if (approver.clearance != Clearance::approve) return clearance_too_low();
  if (command == RevealCommand::approve && (!requester || !are_independent(*requester, approver)))
    return public_error(ErrorCode::forbidden,
                        "The same custodian confirmed you and whoever asks. Somebody else approves this.",
                        "SAME_CUSTODIAN");
  const auto state = state_at(request, now);
  if (state == RevealState::expired) return expired();
  const auto next = next_state(state, command);
  if (!next) return public_error(ErrorCode::not_matching, "This request was decided already.", "REQUEST_DECIDED");
  return *next;
}

base::Result<RevealState> decide_look(const Staff& requester, const std::optional<Staff>& approver,
                                      const RevealRequest& request, std::int64_t today, const RevealLimits& limits,
                                      base::Instant now) {
  KARV_TRY_VOID(decide_active(requester, now));
  const auto state = state_at(request, now);
  if (state == RevealState::expired) return expired();
  if (state == RevealState::used)
    return public_error(ErrorCode::gone, "The looks of this request are used up. Ask again.", "REQUEST_USED");
  const auto not_approved = [] {
    return public_error(ErrorCode::not_matching, "This request is not approved.", "REQUEST_NOT_APPROVED");
  };
  if (state != RevealState::approved || !may_ask(requester.clearance, request.level)) return not_approved();
  // Who approved must still be somebody who may.
  const bool approved = approver && are_independent(requester, *approver) &&
                        approver->clearance == Clearance::approve && decide_active(*approver, now).ok();
  if (needs_approval(request.level) && !approved) return not_approved();
  if (today >= limit_of(limits, request.level)) return day_limit();
  return request.looks_taken + 1 >= request.looks ? RevealState::used : RevealState::approved;
}

}  // namespace karv::vault
