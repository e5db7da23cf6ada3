#include "vault/reveal/rules.h"

#include <set>

#include <gtest/gtest.h>

#include "json/words.h"

namespace karv::vault {
namespace {

constexpr base::Instant kNow{1'000'000'000};

template <class State, class Command>
int count_steps(const auto& table) {
  std::set<std::pair<State, Command>> listed;
  for (const auto& step : table) EXPECT_TRUE(listed.emplace(step.from, step.command).second);
  int allowed = 0;
  json::for_each_word<State>([&](State from, std::string_view) {
    json::for_each_word<Command>([&](Command command, std::string_view) {
      const bool exists = next_state(from, command).has_value();
      EXPECT_EQ(exists, listed.contains({from, command})) << json::word(from) << " " << json::word(command);
      allowed += exists ? 1 : 0;
    });
  });
  return allowed;
}

Staff person(Clearance clearance) {
  Staff staff;
  staff.id = StaffId(base::Uuid{1});
  staff.clearance = clearance;
  staff.state = StaffState::active;
  staff.review_due = kNow + base::days(1);
  staff.used_at = kNow;
  return staff;
}
Staff another(Clearance clearance) {
  auto staff = person(clearance);
  staff.id = StaffId(base::Uuid{2});
  return staff;
}
RevealRequest request(RevealLevel level, RevealState state) {
  RevealRequest out;
  out.requester = person(Clearance::masked).id;
  out.level = level;
  out.state = state;
  out.looks = 1;
  out.asked_at = kNow;
  out.expires_at = kNow + kLongestTimeBox;
  return out;
}
template <class T>
std::string reason(const base::Result<T>& result) {
  return result.ok() ? "" : result.error().reason();
}

TEST(RevealRules, only_listed_steps_exist) {
  EXPECT_EQ((count_steps<RevealState, RevealCommand>(kRevealSteps)), 6);
  EXPECT_EQ((count_steps<StaffState, StaffCommand>(kStaffSteps)), 6);
  for (const auto state : {RevealState::refused, RevealState::expired, RevealState::used})
    json::for_each_word<RevealCommand>(
        [&](RevealCommand command, std::string_view) { EXPECT_FALSE(next_state(state, command)); });
  json::for_each_word<StaffCommand>(
      [&](StaffCommand command, std::string_view) { EXPECT_FALSE(next_state(StaffState::removed, command)); });
}

TEST(RevealRules, control_14_each_clearance_asks_for_its_levels_and_no_more) {
  const std::set<std::pair<Clearance, RevealLevel>> allowed = {
      {Clearance::masked, RevealLevel::masked},        {Clearance::partial, RevealLevel::masked},
      {Clearance::partial, RevealLevel::partial},      {Clearance::full_request, RevealLevel::masked},
      {Clearance::full_request, RevealLevel::partial}, {Clearance::full_request, RevealLevel::full},
      {Clearance::approve, RevealLevel::masked},       {Clearance::approve, RevealLevel::partial}};
  json::for_each_word<Clearance>([&](Clearance clearance, std::string_view) {
    json::for_each_word<RevealLevel>([&](RevealLevel level, std::string_view) {
      const auto decided = decide_request(person(clearance), request(level, RevealState::requested), 0, {}, kNow);
      EXPECT_EQ(reason(decided), allowed.contains({clearance, level}) ? "" : "CLEARANCE_TOO_LOW")
          << json::word(clearance) << " " << json::word(level);
    });
  });
}

TEST(RevealRules, control_15_a_full_number_needs_another_active_approver_for_this_request_and_time) {
  const auto asked = request(RevealLevel::full, RevealState::requested);
  const auto self = person(Clearance::approve);
  const auto requester = person(Clearance::full_request);
  EXPECT_EQ(reason(decide_decision(self, requester, asked, RevealCommand::approve, kNow)), "SELF_APPROVAL");
  for (const auto clearance : {Clearance::masked, Clearance::partial, Clearance::full_request})
    EXPECT_EQ(reason(decide_decision(another(clearance), requester, asked, RevealCommand::approve, kNow)),
              "CLEARANCE_TOO_LOW");
  const auto approver = another(Clearance::approve);
  EXPECT_EQ(decide_decision(approver, requester, asked, RevealCommand::approve, kNow).value(), RevealState::approved);
  EXPECT_EQ(reason(decide_decision(approver, requester, asked, RevealCommand::approve, asked.expires_at)),
            "REQUEST_EXPIRED");
  for (const auto state : {RevealState::approved, RevealState::refused, RevealState::used})
    EXPECT_EQ(
        reason(decide_decision(approver, requester, request(RevealLevel::full, state), RevealCommand::approve, kNow)),
        "REQUEST_DECIDED");

  const auto approved = request(RevealLevel::full, RevealState::approved);
  EXPECT_EQ(decide_look(requester, approver, approved, 0, {}, kNow).value(), RevealState::used);
  EXPECT_EQ(reason(decide_look(requester, approver, asked, 0, {}, kNow)), "REQUEST_NOT_APPROVED");
  EXPECT_EQ(reason(decide_look(requester, std::nullopt, approved, 0, {}, kNow)), "REQUEST_NOT_APPROVED");
  EXPECT_EQ(reason(decide_look(requester, self, approved, 0, {}, kNow)), "REQUEST_NOT_APPROVED");
  EXPECT_EQ(reason(decide_look(requester, another(Clearance::full_request), approved, 0, {}, kNow)),
            "REQUEST_NOT_APPROVED");
  EXPECT_EQ(reason(decide_look(requester, approver, approved, 0, {}, approved.expires_at)), "REQUEST_EXPIRED");
  EXPECT_EQ(reason(decide_look(requester, approver, request(RevealLevel::full, RevealState::used), 0, {}, kNow)),
            "REQUEST_USED");
  for (const auto state : {StaffState::removed, StaffState::enrolled, StaffState::invited}) {
    auto gone = approver;
    gone.state = state;
    EXPECT_EQ(reason(decide_look(requester, gone, approved, 0, {}, kNow)), "REQUEST_NOT_APPROVED");
    gone = requester;
    gone.state = state;
    EXPECT_EQ(reason(decide_look(gone, approver, approved, 0, {}, kNow)), "STAFF_NOT_ACTIVE");
  }
  // One custodian, who confirmed both, could have made both of them up.
  auto one = requester, other = approver;
  one.approved_by = other.approved_by = vault_api::CustodianId().text();
  EXPECT_EQ(reason(decide_decision(other, one, asked, RevealCommand::approve, kNow)), "SAME_CUSTODIAN");
  EXPECT_EQ(reason(decide_decision(other, std::nullopt, asked, RevealCommand::approve, kNow)), "SAME_CUSTODIAN");
  EXPECT_TRUE(decide_decision(other, one, asked, RevealCommand::refuse, kNow).ok());
  EXPECT_EQ(reason(decide_look(one, other, approved, 0, {}, kNow)), "REQUEST_NOT_APPROVED");
  one.approved_by = vault_api::CustodianId(base::Uuid{9}).text();
  EXPECT_TRUE(decide_decision(other, one, asked, RevealCommand::approve, kNow).ok());
  EXPECT_TRUE(decide_look(one, other, approved, 0, {}, kNow).ok());
}

TEST(RevealRules, control_16_a_person_asks_and_looks_so_many_times_a_day) {
  const RevealLimits limits{.masked = 3, .partial = 2, .full = 1};
  for (const auto& [level, most] : {std::pair(RevealLevel::masked, 3), std::pair(RevealLevel::partial, 2)}) {
    const auto asked = request(level, RevealState::approved);
    EXPECT_TRUE(decide_request(person(Clearance::partial), asked, most - 1, limits, kNow).ok());
    EXPECT_EQ(reason(decide_request(person(Clearance::partial), asked, most, limits, kNow)), "DAY_LIMIT");
    EXPECT_TRUE(decide_look(person(Clearance::partial), std::nullopt, asked, most - 1, limits, kNow).ok());
    EXPECT_EQ(reason(decide_look(person(Clearance::partial), std::nullopt, asked, most, limits, kNow)), "DAY_LIMIT");
  }
}

TEST(RevealRules, control_46_an_overdue_review_suspends_to_the_millisecond) {
  auto staff = person(Clearance::approve);
  EXPECT_TRUE(decide_active(staff, staff.review_due - base::milliseconds(1)).ok());
  EXPECT_EQ(reason(decide_active(staff, staff.review_due)), "REVIEW_OVERDUE");
  EXPECT_EQ(kReviewEvery, base::days(182));
}

TEST(RevealRules, control_51_ninety_days_unused_disable_to_the_millisecond) {
  auto staff = person(Clearance::approve);
  staff.review_due = kNow + base::days(1000);
  EXPECT_TRUE(decide_active(staff, kNow + base::days(90) - base::milliseconds(1)).ok());
  EXPECT_EQ(reason(decide_active(staff, kNow + base::days(90))), "STAFF_UNUSED");
}

TEST(RevealRules, a_time_box_is_fifteen_minutes_and_three_looks_at_most) {
  const auto with = [](base::Duration lasts, std::int64_t looks) {
    auto asked = request(RevealLevel::full, RevealState::requested);
    asked.expires_at = asked.asked_at + lasts;
    asked.looks = looks;
    return reason(decide_request(person(Clearance::full_request), asked, 0, {}, kNow));
  };
  EXPECT_EQ(with(base::minutes(15), 3), "");
  EXPECT_EQ(with(base::minutes(15) + base::milliseconds(1), 1), "BAD_VALUE");
  EXPECT_EQ(with(base::Duration{0}, 1), "BAD_VALUE");
  EXPECT_EQ(with(base::minutes(-1), 1), "BAD_VALUE");
  EXPECT_EQ(with({9'000'000'000'000'000'000}, 1), "BAD_VALUE");
  for (const std::int64_t looks : {-1, 0, 4, 1'000'000}) EXPECT_EQ(with(base::minutes(1), looks), "BAD_VALUE");
}

}  // namespace
}  // namespace karv::vault
