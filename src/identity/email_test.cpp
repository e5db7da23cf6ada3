#include "identity/email.h"

#include <string>

#include <gtest/gtest.h>

namespace karv::identity {
namespace {

TEST(EmailTest, ordinary_addresses_are_accepted) {
  for (const char* text : {"anna@example.com", "anna.b+shop@example.co.uk", "x@ab.se", "o'neil@example.com",
                           "a_b-c=d@xn--exmple-cua.com"}) {
    EXPECT_TRUE(Email::parse(text).has_value()) << text;
  }
}

TEST(EmailTest, what_is_no_address_is_refused) {
  for (const char* text : {"",
                           "@",
                           "a@",
                           "@b.com",
                           "a",
                           "a@b",
                           "a@b.c",
                           "a@@b.com",
                           "a@b@c.com",
                           ".a@b.com",
                           "a.@b.com",
                           "a..b@c.com",
                           "a b@c.com",
                           "a@b c.com",
                           "a@-b.com",
                           "a@b-.com",
                           "a@b..com",
                           "a@.com",
                           "a@b.com.",
                           "a@1.2.3.44",
                           "a@[1.2.3.4]",
                           "\"a\"@b.com",
                           "a@b.com\r\nBcc: c@d.com",
                           "a\n@b.com",
                           "a@b.com ",
                           " a@b.com",
                           "a,b@c.com",
                           "a<b@c.com",
                           "\xC3\xA5@b.com",
                           "a@b\xC3\xA5.com"}) {
    EXPECT_FALSE(Email::parse(text).has_value()) << text;
  }
  EXPECT_FALSE(Email::parse(std::string_view("a@b.com\0", 8)).has_value());
}

TEST(EmailTest, lengths_are_limited) {
  const std::string domain_250 = std::string(61, 'a') + "." + std::string(61, 'b') + "." + std::string(61, 'c') + "." +
                                 std::string(61, 'd') + ".se";
  EXPECT_TRUE(Email::parse("abc@" + domain_250).has_value());
  EXPECT_FALSE(Email::parse("abcd@" + domain_250).has_value());
  EXPECT_TRUE(Email::parse(std::string(64, 'x') + "@example.com").has_value());
  EXPECT_FALSE(Email::parse(std::string(65, 'x') + "@example.com").has_value());
  EXPECT_FALSE(Email::parse("a@" + std::string(64, 'b') + ".com").has_value());
  EXPECT_FALSE(Email::parse(std::string(1'000'000, 'x')).has_value());
}

TEST(EmailTest, the_domain_is_lower_cased_and_the_local_part_kept) {
  const auto email = Email::parse("Anna.B@EXAMPLE.Com");
  ASSERT_TRUE(email.has_value());
  EXPECT_EQ(email->expose(), "Anna.B@example.com");
  EXPECT_EQ(email->local_part(), "Anna.B");
  EXPECT_EQ(email->domain(), "example.com");
  EXPECT_EQ(email->lookup_form(), "anna.b@example.com");
  EXPECT_EQ(*email, *Email::parse("anna.b@example.com"));
}

}  // namespace
}  // namespace karv::identity
