#include "identity/sessions.h"

#include <string>

#include <gtest/gtest.h>

#include "base/check.h"
#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

class SessionsTest : public testing::Test {
 protected:
  SignIn signed_in(const CodeScope& scope, std::string_view address = "anna@example.com") {
    if (scope.purpose == CodePurpose::portal) ensure(address);
    const auto mail = world.write<std::optional<MailToSend>>([&](store::Tx& tx) {
      return issue_code(tx, world.context(), {scope, WorldForTest::email(address), "127.0.0.1", Language::en, "Shop"});
    });
    return with_code(scope, (*mail)->parameters.at(0).second, address);
  }
  SignIn with_code(const CodeScope& scope, std::string_view code, std::string_view address = "anna@example.com") {
    return world
        .write<SignIn>(
            [&](store::Tx& tx) { return sign_in(tx, world.context(), scope, WorldForTest::email(address), code); })
        .value();
  }
  CustomerId ensure(std::string_view address) {
    return world
        .write<EnsuredCustomer>(
            [&](store::Tx& tx) { return ensure_customer(tx, world.context(), WorldForTest::email(address)); })
        .value()
        .customer_id;
  }
  base::Result<ActiveSession> portal(std::string_view session_token) {
    return world.read<ActiveSession>(
        [&](store::ReadTx& tx) { return authenticate_portal(tx, world.context(), session_token); });
  }
  base::Result<CustomerPrincipal> checkout(std::string_view session_token, PaymentSessionId session) {
    return world.read<CustomerPrincipal>(
        [&](store::ReadTx& tx) { return authenticate_checkout(tx, world.context(), session_token, session); });
  }
  PaymentSessionId make_payment_session() { return base::make_id<PaymentSessionTag>(world.wall, world.random); }

  WorldForTest world;
};

TEST_F(SessionsTest, a_right_portal_code_signs_the_customer_in_by_one_weak_factor) {
  const SignIn answer = signed_in(CodeScope::portal());
  ASSERT_TRUE(answer.grant.has_value());
  EXPECT_EQ(answer.grant->session_token.size(), 43U);
  const auto session = portal(answer.grant->session_token.expose_text());
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session->customer.customer_id, ensure("ANNA@example.com"));
  EXPECT_EQ(session->customer.strength, FactorStrength::mailed_code);
  EXPECT_FALSE(session->touch_due);
}

TEST_F(SessionsTest, a_wrong_code_signs_nobody_in_and_stays_counted) {
  signed_in(CodeScope::portal());
  const SignIn answer = with_code(CodeScope::portal(), "000000");
  EXPECT_NE(answer.check.verdict, CodeVerdict::right);
  EXPECT_FALSE(answer.grant.has_value());
}

TEST_F(SessionsTest, a_checkout_makes_its_customer_and_its_token_fits_that_payment_session_only) {
  const PaymentSessionId payment_session = make_payment_session();
  const SignIn answer = signed_in(CodeScope::checkout(payment_session), "new@example.com");
  ASSERT_TRUE(answer.grant.has_value());
  const std::string_view session_token = answer.grant->session_token.expose_text();
  const auto principal = checkout(session_token, payment_session);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->customer_id, ensure("new@example.com"));
  EXPECT_EQ(checkout(session_token, make_payment_session()).error().code(), base::ErrorCode::unauthorized);
  EXPECT_EQ(portal(session_token).error().code(), base::ErrorCode::unauthorized);
}

TEST_F(SessionsTest, a_portal_token_is_no_checkout_token) {
  const SignIn answer = signed_in(CodeScope::portal());
  EXPECT_FALSE(checkout(answer.grant->session_token.expose_text(), make_payment_session()).ok());
  EXPECT_FALSE(checkout(answer.grant->session_token.expose_text(), PaymentSessionId()).ok());
}

TEST_F(SessionsTest, a_checkout_token_ends_after_thirty_minutes) {
  const PaymentSessionId payment_session = make_payment_session();
  const SignIn answer = signed_in(CodeScope::checkout(payment_session));
  world.wall.advance(kCheckoutLimit - base::milliseconds(1));
  EXPECT_TRUE(checkout(answer.grant->session_token.expose_text(), payment_session).ok());
  world.wall.advance(base::milliseconds(1));
  EXPECT_FALSE(checkout(answer.grant->session_token.expose_text(), payment_session).ok());
}

TEST_F(SessionsTest, a_portal_session_ends_after_thirty_idle_minutes_and_twelve_hours_at_the_latest) {
  const SignIn answer = signed_in(CodeScope::portal());
  const std::string session_token(answer.grant->session_token.expose_text());
  for (int i = 0; i < 24; ++i) {
    world.wall.advance(base::minutes(29));
    const auto session = portal(session_token);
    ASSERT_TRUE(session.ok()) << i;
    EXPECT_TRUE(session->touch_due);
    ASSERT_TRUE(
        world.write<void>([&](store::Tx& tx) { return touch_session(tx, world.context(), session->customer); }).ok());
    EXPECT_FALSE(portal(session_token)->touch_due);
  }
  world.wall.advance(base::minutes(24));  // 24 * 29 + 24 minutes are 12 hours
  EXPECT_FALSE(portal(session_token).ok());

  const SignIn idle = signed_in(CodeScope::portal());
  world.wall.advance(kPortalIdleLimit);
  EXPECT_FALSE(portal(idle.grant->session_token.expose_text()).ok());
  EXPECT_FALSE(
      world.write<void>([&](store::Tx& tx) { return touch_session(tx, world.context(), idle.grant->customer); }).ok());
}

TEST_F(SessionsTest, moving_the_business_clock_signs_nobody_out) {
  const SignIn answer = signed_in(CodeScope::portal());
  world.business.advance(base::days(90));
  EXPECT_TRUE(portal(answer.grant->session_token.expose_text()).ok());
}

TEST_F(SessionsTest, signing_out_ends_one_session_and_may_be_repeated) {
  const SignIn first = signed_in(CodeScope::portal());
  const SignIn second = signed_in(CodeScope::portal());
  const auto list = [&] {
    return world
        .read<std::vector<SessionEntry>>(
            [&](store::ReadTx& tx) { return list_sessions(tx, world.context(), first.grant->customer.customer_id); })
        .value();
  };
  EXPECT_EQ(list().size(), 2U);
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(
        world.write<void>([&](store::Tx& tx) { return sign_out(tx, world.context(), first.grant->customer); }).ok());
  EXPECT_FALSE(portal(first.grant->session_token.expose_text()).ok());
  EXPECT_TRUE(portal(second.grant->session_token.expose_text()).ok());
  ASSERT_EQ(list().size(), 1U);
  EXPECT_EQ(list()[0].session_id, second.grant->customer.session_id);
}

TEST_F(SessionsTest, sessions_are_forgotten_in_batches_when_their_last_moment_is_past) {
  const SignIn short_one = signed_in(CodeScope::checkout(make_payment_session()));
  const SignIn ended = signed_in(CodeScope::portal());
  ASSERT_TRUE(
      world.write<void>([&](store::Tx& tx) { return sign_out(tx, world.context(), ended.grant->customer); }).ok());
  world.wall.advance(base::hours(1));
  const SignIn open = signed_in(CodeScope::portal());
  world.wall.advance(kPortalLimit - base::hours(1));  // the moment at which the ended one would have ended by itself
  const auto forget = [&](std::int64_t limit) {
    return world
        .write<std::int64_t>(
            [&](store::Tx& tx) { return forget_old_sessions(tx, world.context(), world.wall.now(), limit); })
        .value();
  };
  EXPECT_EQ(forget(100), 1);  // the checkout's
  world.wall.advance(base::milliseconds(1));
  EXPECT_EQ(forget(100), 1);  // the ended one's, and not the one that is still possible
  world.wall.advance(base::hours(1));
  signed_in(CodeScope::portal());
  world.wall.advance(base::days(1));
  EXPECT_EQ(forget(1), 1);
  EXPECT_EQ(forget(1), 1);
  EXPECT_EQ(forget(1), 0);
}

TEST_F(SessionsTest, a_session_that_may_be_alive_cannot_be_forgotten) {
  signed_in(CodeScope::portal());
  EXPECT_THROW(std::ignore = world.write<std::int64_t>([&](store::Tx& tx) {
    return forget_old_sessions(tx, world.context(), world.wall.now() + base::milliseconds(1), 100);
  }),
               base::RequirementFailed);
}

TEST_F(SessionsTest, made_up_tokens_open_nothing) {
  signed_in(CodeScope::portal());
  for (const std::string& text : {std::string(), std::string("x"), std::string(43, 'A'), std::string(1'000'000, 'A'),
                                  std::string("\xff\xfe"), std::string(43, '\0')}) {
    EXPECT_EQ(portal(text).error().code(), base::ErrorCode::unauthorized);
  }
}

TEST_F(SessionsTest, a_customer_is_one_however_the_address_is_typed_and_opens_for_reading) {
  const CustomerId anna = ensure("Anna@Example.com");
  EXPECT_EQ(ensure("anna@EXAMPLE.com"), anna);
  EXPECT_NE(ensure("bert@example.com"), anna);
  const auto email =
      world.read<Email>([&](store::ReadTx& tx) { return get_customer_email(tx, world.context(), anna); });
  ASSERT_TRUE(email.ok());
  EXPECT_EQ(email->expose(), "Anna@example.com");
}

TEST_F(SessionsTest, an_erased_customer_is_forgotten_and_the_address_starts_anew) {
  const CustomerId anna = ensure("anna@example.com");
  ASSERT_TRUE(world.write<void>([&](store::Tx& tx) { return erase_customer(tx, world.context(), anna); }).ok());
  EXPECT_EQ(world.read<Email>([&](store::ReadTx& tx) { return get_customer_email(tx, world.context(), anna); })
                .error()
                .code(),
            base::ErrorCode::gone);
  EXPECT_NE(ensure("anna@example.com"), anna);
}

TEST_F(SessionsTest, unknown_customers_are_not_found) {
  EXPECT_EQ(world.read<Email>([&](store::ReadTx& tx) { return get_customer_email(tx, world.context(), CustomerId()); })
                .error()
                .code(),
            base::ErrorCode::not_found);
  EXPECT_EQ(world.write<void>([&](store::Tx& tx) { return erase_customer(tx, world.context(), CustomerId()); })
                .error()
                .code(),
            base::ErrorCode::not_found);
}

}  // namespace
}  // namespace karv::identity
