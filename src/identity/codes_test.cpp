#include "identity/codes.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/check.h"
#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

class CodesTest : public testing::Test {
 protected:
  base::Result<std::optional<MailToSend>> issue(const CodeScope& scope, std::string_view peer = "127.0.0.1",
                                                std::string_view to = "anna@example.com") {
    return world.write<std::optional<MailToSend>>([&](store::Tx& tx) {
      return issue_code(tx, world.context(), {scope, WorldForTest::email(to), std::string(peer), Language::sv, "Shop"});
    });
  }
  std::string issued_code(const CodeScope& scope) {
    const auto mail = issue(scope);
    EXPECT_TRUE(mail.ok() && mail->has_value());
    return (*mail)->parameters.at(0).second;
  }
  CodeCheck check(const CodeScope& scope, std::string_view code, std::string_view from = "anna@example.com") {
    return world
        .write<CodeCheck>(
            [&](store::Tx& tx) { return check_code(tx, world.context(), scope, WorldForTest::email(from), code); })
        .value();
  }
  CodeVerdict verdict(const CodeScope& scope, std::string_view code) { return check(scope, code).verdict; }
  static std::string other_than(const std::string& code) { return code == "123456" ? "654321" : "123456"; }
  CodeScope some_checkout() { return CodeScope::checkout(base::make_id<PaymentSessionTag>(world.wall, world.random)); }

  WorldForTest world;
};

TEST_F(CodesTest, a_code_is_six_digits_works_once_and_names_its_shop) {
  const CodeScope scope = some_checkout();
  const auto mail = issue(scope);
  ASSERT_TRUE(mail.ok() && mail->has_value());
  EXPECT_EQ((*mail)->template_name, "checkout_code");
  EXPECT_EQ((*mail)->language, Language::sv);
  EXPECT_EQ((*mail)->parameters.at(1).second, "Shop");
  const std::string code = (*mail)->parameters.at(0).second;
  EXPECT_EQ(code.size(), 6U);
  EXPECT_EQ(verdict(scope, code), CodeVerdict::right);
  EXPECT_EQ(verdict(scope, code), CodeVerdict::unusable);
}

TEST_F(CodesTest, the_fifth_wrong_attempt_is_the_last) {
  const CodeScope scope = some_checkout();
  const std::string code = issued_code(scope);
  for (std::int64_t left = 4; left >= 0; --left) {
    const CodeCheck answer = check(scope, other_than(code));
    EXPECT_EQ(answer.verdict, CodeVerdict::wrong);
    EXPECT_EQ(answer.attempts_left, left);
  }
  EXPECT_EQ(verdict(scope, code), CodeVerdict::unusable);
}

TEST_F(CodesTest, the_right_code_works_at_the_fifth_attempt) {
  const CodeScope scope = some_checkout();
  const std::string code = issued_code(scope);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(verdict(scope, other_than(code)), CodeVerdict::wrong);
  EXPECT_EQ(verdict(scope, code), CodeVerdict::right);
}

TEST_F(CodesTest, a_code_is_good_for_ten_minutes) {
  const CodeScope scope = some_checkout();
  std::string code = issued_code(scope);
  world.advance(kCodeLifetime - base::milliseconds(1));
  EXPECT_EQ(verdict(scope, code), CodeVerdict::right);
  code = issued_code(scope);
  world.advance(kCodeLifetime);
  EXPECT_EQ(verdict(scope, code), CodeVerdict::unusable);
}

TEST_F(CodesTest, a_new_code_voids_the_old) {
  const CodeScope scope = some_checkout();
  const std::string old_code = issued_code(scope);
  std::string new_code = issued_code(scope);
  if (new_code == old_code) new_code = issued_code(scope);
  EXPECT_EQ(verdict(scope, old_code), CodeVerdict::wrong);
  EXPECT_EQ(verdict(scope, new_code), CodeVerdict::right);
}

TEST_F(CodesTest, a_code_works_only_for_its_purpose_session_and_address) {
  const CodeScope scope = some_checkout();
  const std::string code = issued_code(scope);
  EXPECT_EQ(verdict(some_checkout(), code), CodeVerdict::unusable);
  EXPECT_EQ(verdict(CodeScope::portal(), code), CodeVerdict::unusable);
  EXPECT_EQ(check(scope, code, "bert@example.com").verdict, CodeVerdict::unusable);
  EXPECT_EQ(check(scope, code, "ANNA@EXAMPLE.COM").verdict, CodeVerdict::right);
}

TEST_F(CodesTest, malformed_codes_are_wrong_and_counted) {
  const CodeScope scope = some_checkout();
  const std::string code = issued_code(scope);
  const std::string malformed[] = {"", code + "0", " " + code.substr(1), std::string(1'000'000, '1')};
  std::int64_t left = kCodeAttempts;
  for (const std::string& text : malformed) {
    const CodeCheck answer = check(scope, text);
    EXPECT_EQ(answer.verdict, CodeVerdict::wrong);
    EXPECT_EQ(answer.attempts_left, --left);
  }
}

TEST_F(CodesTest, an_unknown_portal_address_is_answered_alike_but_gets_no_mail) {
  const auto mail = issue(CodeScope::portal());
  ASSERT_TRUE(mail.ok());
  EXPECT_FALSE(mail->has_value());
  const CodeCheck answer = check(CodeScope::portal(), "123456");
  EXPECT_EQ(answer.verdict, CodeVerdict::wrong);
  EXPECT_EQ(answer.attempts_left, 4);
}

TEST_F(CodesTest, requests_are_limited_per_address_and_windows_move_on) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(issue(some_checkout(), "10.0.0." + std::to_string(i)).ok());
  const auto refused = issue(some_checkout(), "10.0.0.9");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::too_many_requests);
  EXPECT_TRUE(issue(some_checkout(), "10.0.0.9", "bert@example.com").ok());
  world.advance(base::minutes(15));
  EXPECT_TRUE(issue(some_checkout()).ok());
}

TEST_F(CodesTest, requests_are_limited_per_peer) {
  world.limits.per_peer_in_an_hour = 3;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(issue(some_checkout(), "10.0.0.1", "a" + std::to_string(i) + "@example.com").ok());
  EXPECT_FALSE(issue(some_checkout(), "10.0.0.1", "z@example.com").ok());
  EXPECT_TRUE(issue(some_checkout(), "10.0.0.2", "z@example.com").ok());
}

TEST_F(CodesTest, moving_the_business_clock_does_not_lift_the_limits) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(issue(some_checkout()).ok());
  world.business.advance(base::days(30));
  EXPECT_FALSE(issue(some_checkout()).ok());
}

TEST_F(CodesTest, old_codes_are_forgotten_and_recent_ones_kept) {
  const CodeScope scope = some_checkout();
  issued_code(scope);
  world.advance(base::hours(26));
  const std::string code = issued_code(scope);
  const auto forgotten = world.write<std::int64_t>(
      [&](store::Tx& tx) { return forget_old_codes(tx, world.context(), world.wall.now() - base::hours(25), 100); });
  ASSERT_TRUE(forgotten.ok());
  EXPECT_EQ(*forgotten, 1);
  EXPECT_EQ(verdict(scope, code), CodeVerdict::right);
}

TEST_F(CodesTest, no_code_that_a_limit_counts_can_be_forgotten) {
  const auto too_early = world.wall.now() - kLongestCodeLimit + base::milliseconds(1);
  EXPECT_THROW(std::ignore = world.write<std::int64_t>(
                   [&](store::Tx& tx) { return forget_old_codes(tx, world.context(), too_early, 100); }),
               base::RequirementFailed);
}

TEST_F(CodesTest, old_codes_go_in_batches) {
  for (int i = 0; i < 3; ++i) issued_code(some_checkout());
  world.advance(base::hours(26));
  const auto forget = [&](std::int64_t limit) {
    return world
        .write<std::int64_t>([&](store::Tx& tx) {
          return forget_old_codes(tx, world.context(), world.wall.now() - base::hours(25), limit);
        })
        .value();
  };
  EXPECT_EQ(forget(2), 2);
  EXPECT_EQ(forget(2), 1);
  EXPECT_EQ(forget(2), 0);
}

TEST_F(CodesTest, issuing_and_checking_cost_one_read_each) {
  const CodeScope scope = some_checkout();
  const std::string code = issued_code(scope);
  EXPECT_EQ(world.round_trips, 2);
  check(scope, code);
  EXPECT_EQ(world.round_trips, 2);
}

TEST(CodeRulesTest, each_limit_refuses_exactly_when_it_is_reached) {
  const CodeLimits limits{2, 4, 6};
  EXPECT_TRUE(decide_issue({1, 3, 5}, limits).ok());
  EXPECT_FALSE(decide_issue({2, 0, 0}, limits).ok());
  EXPECT_FALSE(decide_issue({0, 4, 0}, limits).ok());
  EXPECT_FALSE(decide_issue({0, 0, 6}, limits).ok());
}

TEST(CodeRulesTest, no_sequence_of_attempts_gets_a_sixth_guess) {
  EXPECT_TRUE(rc::check("a code is right at most once within five attempts", [](const std::vector<bool>& guesses) {
    std::int64_t attempts = 0;
    std::int64_t judged = 0;
    for (const bool matches : guesses) {
      const CodeCheck check = decide_attempt({attempts, base::Instant{100}, matches}, base::Instant{99});
      if (check.verdict == CodeVerdict::unusable) continue;
      ++judged;
      ++attempts;
      RC_ASSERT((check.verdict == CodeVerdict::right) == matches);
      RC_ASSERT(check.attempts_left == kCodeAttempts - attempts);
    }
    RC_ASSERT(judged <= kCodeAttempts);
  }));
}

TEST(CodeRulesTest, refusals_use_the_documented_errors) {
  EXPECT_EQ(refusal_of({CodeVerdict::wrong, 3}).code(), base::ErrorCode::wrong_code);
  EXPECT_EQ(refusal_of({CodeVerdict::unusable, 0}).code(), base::ErrorCode::code_expired);
}

}  // namespace
}  // namespace karv::identity
