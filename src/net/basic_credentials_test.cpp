#include "net/basic_credentials.h"

#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace karv::net {
namespace {

std::string header_of(std::string_view text, const std::string& scheme = "Basic ") {
  return scheme + base::to_base64(base::as_bytes(text));
}

TEST(ParseBasicTest, name_and_secret_are_split_at_the_first_colon) {
  const auto plain = parse_basic(header_of("user:secret"));
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->username, "user");
  EXPECT_EQ(plain->secret.expose_text(), "secret");
  const auto colons = parse_basic(header_of("user:sec:ret:"));
  ASSERT_TRUE(colons.has_value());
  EXPECT_EQ(colons->secret.expose_text(), "sec:ret:");
  EXPECT_TRUE(parse_basic(header_of("user:"))->secret.expose_text().empty());
}

TEST(ParseBasicTest, the_schemes_case_does_not_matter) {
  EXPECT_TRUE(parse_basic(header_of("user:secret", "basic ")).has_value());
  EXPECT_TRUE(parse_basic(header_of("user:secret", "BASIC ")).has_value());
}

TEST(ParseBasicTest, anything_else_is_nothing) {
  for (const std::string& header :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic !!!!"),
        std::string("Basic ===="), std::string("Bearer dXNlcjpzZWNyZXQ="), std::string("Basicdxwcg=="),
        std::string("Basic\0dXNlcjpz", 14), header_of("no colon"), header_of(":secret"), header_of(""),
        header_of("user:secret") + " trailing", "Basic " + std::string(2'000, 'A'),
        header_of("u:" + std::string(2'000, 's')), std::string(" ") + header_of("user:secret"),
        header_of("user:secret").substr(0, 10)})
    EXPECT_FALSE(parse_basic(header).has_value()) << header.substr(0, 40);
}

}  // namespace
}  // namespace karv::net
