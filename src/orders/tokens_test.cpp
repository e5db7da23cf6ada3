#include "orders/tokens.h"

#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"

namespace karv::orders {
namespace {

constexpr base::Instant kNow{1'795'000'000'000};

base::SecretBytes secret_of(std::uint8_t fill) { return base::SecretBytes::copy_of(base::Bytes(32, fill)); }

class TokensTest : public testing::Test {
 protected:
  ClientTokenClaims claims() const {
    return {.session_id = session,
            .base_url = "https://pay.localhost:8443",
            .merchant_name = "Zoë's \"Shop\"",
            .purchase_country = "SE",
            .purchase_currency = "SEK",
            .language = "sv",
            .environment = "sandbox",
            .order_amount = 10'000,
            .issued_at = kNow,
            .expires_at = kNow + base::hours(48)};
  }
  base::ManualClock wall{kNow};
  base::SeededRandom random{1};
  PaymentSessionId session = base::make_id<identity::PaymentSessionTag>(wall, random);
  AuthorizationId authorization = base::make_id<AuthorizationTag>(wall, random);
  Tokens tokens{secret_of(1)};
  Tokens foreign{secret_of(2)};
};

TEST_F(TokensTest, a_client_token_leads_back_to_its_session_until_it_expires) {
  const std::string token = tokens.client_token(claims());
  EXPECT_LE(token.size(), 4096U);
  EXPECT_EQ(tokens.session_of(token, kNow), session);
  EXPECT_EQ(tokens.session_of(token, claims().expires_at - base::seconds(1)), session);
  EXPECT_FALSE(tokens.session_of(token, claims().expires_at).has_value());
}

TEST_F(TokensTest, a_client_token_under_another_key_or_changed_anywhere_is_nothing) {
  const std::string token = tokens.client_token(claims());
  EXPECT_FALSE(foreign.session_of(token, kNow).has_value());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.session_of(changed, kNow).has_value()) << i;
  }
}

// "alg":"none" and its like: the header is signed with everything else and never chooses how to check.
TEST_F(TokensTest, a_token_without_a_signature_is_nothing) {
  const std::string token = tokens.client_token(claims());
  const auto payload = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
  const std::string none = base::to_base64url(base::as_bytes(R"({"alg":"none","typ":"JWT"})"));
  EXPECT_FALSE(tokens.session_of(none + "." + payload + ".", kNow).has_value());
  EXPECT_FALSE(tokens.session_of(none + "." + payload, kNow).has_value());
}

TEST_F(TokensTest, garbage_and_oversized_client_tokens_are_nothing) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("a.b.c"),
        std::string("\0\0\0", 3), std::string(4'097, 'A'), tokens.client_token(claims()) + std::string(4'096, 'A')})
    EXPECT_FALSE(tokens.session_of(text, kNow).has_value());
}

TEST_F(TokensTest, an_authorization_token_leads_back_to_its_authorization) {
  const std::string token = tokens.authorization_token(authorization);
  EXPECT_EQ(token, tokens.authorization_token(authorization));
  EXPECT_EQ(tokens.authorization_of(token), authorization);
  EXPECT_FALSE(foreign.authorization_of(token).has_value());
}

TEST_F(TokensTest, an_authorization_token_with_another_id_mac_or_length_is_nothing) {
  const std::string token = tokens.authorization_token(authorization);
  const auto other = base::make_id<AuthorizationTag>(wall, random);
  EXPECT_FALSE(tokens.authorization_of(other.text() + token.substr(36)).has_value());
  std::string changed = token;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_FALSE(tokens.authorization_of(changed).has_value());
  for (const std::string& text : {std::string(), authorization.text(), token.substr(0, token.size() - 1), token + "0",
                                  std::string(69, '-'), std::string(69, 'z'), std::string(10'000, 'a')})
    EXPECT_FALSE(tokens.authorization_of(text).has_value());
  EXPECT_FALSE(tokens.authorization_of(tokens.client_token(claims())).has_value());
}

}  // namespace
}  // namespace karv::orders
