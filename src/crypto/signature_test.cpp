#include "crypto/signature.h"

#include <gtest/gtest.h>

namespace karv::crypto {
namespace {

const RsaKey& key() {
  static const RsaKey made = RsaKey::generate().value();
  return made;
}
std::string encoded(std::string_view text) { return base::to_base64url(base::as_bytes(text)); }

TEST(Signature, a_token_verifies_under_its_key_only) {
  const std::string token = sign_jwt(key(), R"({"session_id":"s"})").value();
  EXPECT_EQ(verify_jwt(key().public_key(), token).value(), R"({"session_id":"s"})");
  const RsaKey other = RsaKey::generate().value();
  EXPECT_FALSE(verify_jwt(other.public_key(), token).ok());
}

TEST(Signature, keys_survive_the_trip_through_pem) {
  const RsaKey again = RsaKey::from_pem(key().pem().value()).value();
  EXPECT_EQ(again.public_key().key_id(), key().public_key().key_id());
  const auto verifier = RsaPublicKey::from_pem(key().public_key().pem()).value();
  EXPECT_TRUE(verifier.verifies(base::as_bytes("x"), again.sign(base::as_bytes("x")).value()));
  EXPECT_FALSE(verifier.verifies(base::as_bytes("y"), again.sign(base::as_bytes("x")).value()));
}

TEST(Signature, tokens_with_another_header_are_refused) {
  const std::string token = sign_jwt(key(), "{}").value();
  const std::string rest = token.substr(token.find('.'));
  const std::string kid = key().public_key().key_id();
  for (const std::string& header :
       {std::string(R"({"alg":"none"})"), std::string(R"({"alg":"HS256","kid":")") + kid + R"(","typ":"JWT"})",
        std::string(R"({"alg":"RS256","typ":"JWT"})"),
        std::string(R"({"typ":"JWT","alg":"RS256","kid":")") + kid + "\"}"})
    EXPECT_FALSE(verify_jwt(key().public_key(), encoded(header) + rest).ok()) << header;
}

TEST(Signature, malformed_tokens_are_refused) {
  const std::string token = sign_jwt(key(), "{}").value();
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("a.b"), token + ".",
                                 token + "A", token.substr(0, token.rfind('.') + 1), token.substr(0, token.size() - 4),
                                 "." + token, std::string(20'000, 'a')})
    EXPECT_FALSE(verify_jwt(key().public_key(), bad).ok()) << bad.substr(0, 40);
  std::string changed = token;
  changed[token.find('.') + 2] ^= 1;
  EXPECT_FALSE(verify_jwt(key().public_key(), changed).ok());
}

TEST(Signature, keys_of_another_kind_or_too_short_are_refused) {
  EXPECT_FALSE(RsaKey::generate(1024).ok());
  EXPECT_FALSE(RsaKey::from_pem(base::SecretBytes::copy_of(std::string_view("not a key"))).ok());
  EXPECT_FALSE(RsaPublicKey::from_pem("").ok());
}

}  // namespace
}  // namespace karv::crypto
