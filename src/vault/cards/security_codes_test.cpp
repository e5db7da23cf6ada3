#include "vault/cards/security_codes.h"

#include <gtest/gtest.h>

namespace karv::vault {
namespace {

const base::Instant kNow{1'000'000};
CardId card(std::uint8_t n) {
  base::Uuid uuid{};
  uuid[15] = n;
  return CardId(uuid);
}
base::SecretBytes code() { return base::SecretBytes::copy_of(std::string_view("123")); }

TEST(SecurityCodes, a_code_is_given_out_once_and_for_its_card_only) {
  SecurityCodes codes;
  codes.put(card(1), code(), kNow);
  EXPECT_TRUE(codes.take(card(2), kNow).empty());
  EXPECT_EQ(codes.take(card(1), kNow).expose_text(), "123");
  EXPECT_TRUE(codes.take(card(1), kNow).empty());
}

TEST(SecurityCodes, after_25_seconds_it_is_gone_asked_for_or_not) {
  SecurityCodes codes;
  codes.put(card(1), code(), kNow);
  codes.sweep(kNow + base::milliseconds(24'999));
  EXPECT_EQ(codes.size(), 1U);
  codes.sweep(kNow + base::seconds(25));
  EXPECT_EQ(codes.size(), 0U);
  codes.put(card(1), code(), kNow);
  EXPECT_TRUE(codes.take(card(1), kNow + base::seconds(25)).empty());
  EXPECT_EQ(codes.size(), 0U);
}

TEST(SecurityCodes, there_is_a_limit) {
  SecurityCodes codes;
  for (std::uint32_t i = 0; i < SecurityCodes::kMost + 10; ++i) {
    base::Uuid uuid{};
    uuid[0] = static_cast<std::uint8_t>(i);
    uuid[1] = static_cast<std::uint8_t>(i >> 8);
    codes.put(CardId(uuid), code(), kNow);
  }
  EXPECT_EQ(codes.size(), SecurityCodes::kMost);
}

}  // namespace
}  // namespace karv::vault
