// Who may see how much of a card, and the life of a request: constexpr tables; what is not in them is refused. Pure.
// Source: PCI DSS v4.0.1 3.4.1 (masked by default, more for a named need), 7.2.3, 7.2.4 (six-monthly review), 8.2.6
// (90 days unused), 8.4.
#pragma once

#include <array>
#include <optional>

#include "base/result.h"
#include "vault/reveal/types.h"

namespace karv::vault {

struct AskRule {
  Clearance clearance;
  RevealLevel level;
};
inline constexpr auto kAskRules = std::to_array<AskRule>({
    {Clearance::masked, RevealLevel::masked},
    {Clearance::partial, RevealLevel::masked},
    {Clearance::partial, RevealLevel::partial},
    {Clearance::full_request, RevealLevel::masked},
    {Clearance::full_request, RevealLevel::partial},
    {Clearance::full_request, RevealLevel::full},
    {Clearance::approve, RevealLevel::masked},
    {Clearance::approve, RevealLevel::partial},
});
constexpr bool may_ask(Clearance clearance, RevealLevel level) {
  for (const auto& rule : kAskRules)
    if (rule.clearance == clearance && rule.level == level) return true;
  return false;
}
constexpr bool needs_approval(RevealLevel level) { return level == RevealLevel::full; }

BOOST_DEFINE_ENUM_CLASS(RevealCommand, approve, refuse, expire, use_up)
struct RevealStep {
  RevealState from;
  RevealCommand command;
  RevealState to;
};
inline constexpr auto kRevealSteps = std::to_array<RevealStep>({
    {RevealState::requested, RevealCommand::approve, RevealState::approved},
    {RevealState::requested, RevealCommand::refuse, RevealState::refused},
    {RevealState::requested, RevealCommand::expire, RevealState::expired},
    {RevealState::approved, RevealCommand::refuse, RevealState::refused},  // taken back
    {RevealState::approved, RevealCommand::expire, RevealState::expired},
    {RevealState::approved, RevealCommand::use_up, RevealState::used},
});
constexpr std::optional<RevealState> next_state(RevealState from, RevealCommand command) {
  for (const auto& step : kRevealSteps)
    if (step.from == from && step.command == command) return step.to;
  return std::nullopt;
}

BOOST_DEFINE_ENUM_CLASS(StaffCommand, enrol, approve, review, remove)
struct StaffStep {
  StaffState from;
  StaffCommand command;
  StaffState to;
};
inline constexpr auto kStaffSteps = std::to_array<StaffStep>({
    {StaffState::invited, StaffCommand::enrol, StaffState::enrolled},
    {StaffState::enrolled, StaffCommand::approve, StaffState::active},
    {StaffState::active, StaffCommand::review, StaffState::active},
    {StaffState::invited, StaffCommand::remove, StaffState::removed},
    {StaffState::enrolled, StaffCommand::remove, StaffState::removed},
    {StaffState::active, StaffCommand::remove, StaffState::removed},
});
constexpr std::optional<StaffState> next_state(StaffState from, StaffCommand command) {
  for (const auto& step : kStaffSteps)
    if (step.from == from && step.command == command) return step.to;
  return std::nullopt;
}

inline constexpr base::Duration kReviewEvery = base::days(182);
inline constexpr base::Duration kUnusedFor = base::days(90);  // who signs nothing for so long is disabled
inline constexpr base::Duration kLongestTimeBox = base::minutes(15);
inline constexpr std::int64_t kMostLooks = 3;

// Per person and 24 hours: so many requests of a level, and so many looks.
struct RevealLimits {
  std::int64_t masked = 200, partial = 50, full = 10;
};
constexpr std::int64_t limit_of(const RevealLimits& limits, RevealLevel level) {
  if (level == RevealLevel::full) return limits.full;
  return level == RevealLevel::partial ? limits.partial : limits.masked;
}

// Disabled until a custodian confirms him again: nothing that he signs himself makes him count.
constexpr bool is_unused(const Staff& staff, base::Instant now) { return now >= staff.used_at + kUnusedFor; }
// Whether the person counts now. Errors: forbidden STAFF_NOT_ACTIVE, REVIEW_OVERDUE, STAFF_UNUSED.
base::Result<void> decide_active(const Staff& staff, base::Instant now);
// The state that a request has at this moment, whether or not anybody has noticed.
RevealState state_at(const RevealRequest& request, base::Instant now);

// `today`: how many of its level the person asked for in the last 24 hours.
// Errors: those of decide_active; forbidden CLEARANCE_TOO_LOW; bad_value; too_many_requests DAY_LIMIT.
base::Result<void> decide_request(const Staff& requester, const RevealRequest& request, std::int64_t today,
                                  const RevealLimits& limits, base::Instant now);
// Whether the two were confirmed by different custodians: otherwise one custodian could have made both of them up.
bool are_independent(const Staff& requester, const Staff& approver);
// The state after the decision. Errors: those of decide_active; forbidden SELF_APPROVAL, CLEARANCE_TOO_LOW,
// SAME_CUSTODIAN; gone REQUEST_EXPIRED; not_matching REQUEST_DECIDED.
base::Result<RevealState> decide_decision(const Staff& approver, const std::optional<Staff>& requester,
                                          const RevealRequest& request, RevealCommand command, base::Instant now);
// `approver`: of a request that needed one. The state after the look. Errors: those of decide_active, for both;
// not_matching REQUEST_NOT_APPROVED; gone REQUEST_EXPIRED, REQUEST_USED; too_many_requests DAY_LIMIT.
base::Result<RevealState> decide_look(const Staff& requester, const std::optional<Staff>& approver,
                                      const RevealRequest& request, std::int64_t today, const RevealLimits& limits,
                                      base::Instant now);

}  // namespace karv::vault
