#include "crypto/shamir.h"

#include <array>

#include <gtest/gtest.h>

namespace karv::crypto {
namespace {

base::SecretBytes secret(std::string_view text) { return base::SecretBytes::copy_of(text); }
std::vector<Share> chosen(const std::vector<Share>& all, std::initializer_list<int> which) {
  std::vector<Share> out;
  for (const int i : which) {
    const auto& share = all[static_cast<std::size_t>(i)];
    out.push_back({.x = share.x, .y = share.y.clone()});
  }
  return out;
}

TEST(Shamir, any_m_of_n_give_the_secret_and_fewer_do_not) {
  base::SeededRandom random(1);
  const auto key = secret("0123456789abcdef0123456789abcdef");
  const auto shares = split(key, 3, 5, random);
  for (int a = 0; a < 5; ++a)
    for (int b = a + 1; b < 5; ++b) {
      EXPECT_FALSE(combine(chosen(shares, {a, b})).value() == key);
      for (int c = b + 1; c < 5; ++c) EXPECT_TRUE(combine(chosen(shares, {c, a, b})).value() == key);
    }
  EXPECT_TRUE(combine(shares).value() == key);
}

// Worked by hand: f(x) = 0x42 + 0x05 x over GF(2^8), so f(1) = 0x47, f(2) = 0x42 ^ 0x0a = 0x48.
TEST(Shamir, two_points_of_a_known_line_give_its_value_at_zero) {
  std::vector<Share> shares;
  shares.push_back({.x = 1, .y = base::SecretBytes::copy_of(base::ByteView(std::array<std::uint8_t, 1>{0x47}))});
  shares.push_back({.x = 2, .y = base::SecretBytes::copy_of(base::ByteView(std::array<std::uint8_t, 1>{0x48}))});
  EXPECT_EQ(combine(shares)->expose()[0], 0x42);
}

TEST(Shamir, shares_are_as_long_as_the_secret) {
  base::SystemRandom random;
  for (const auto& share : split(secret("0123456789abcdef"), 2, 255, random)) EXPECT_EQ(share.y.size(), 16U);
}

// With m - 1 shares every value of the missing byte is equally likely: whatever the secret, a share's byte takes each
// of the 256 values about equally often. 256,000 draws; chi-squared with 255 degrees of freedom stays below 400 but
// once in about 10^8.
TEST(Shamir, control_22_fewer_shares_tell_nothing_about_the_secret) {
  base::SeededRandom random(7);
  for (const std::uint8_t byte : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{0xff}}) {
    const auto key = base::SecretBytes::copy_of(base::Bytes(1000, byte));
    std::array<std::array<double, 256>, 2> counts{};
    for (int i = 0; i < 256; ++i) {
      const auto shares = split(key, 3, 3, random);
      for (std::size_t s = 0; s < counts.size(); ++s)
        for (const auto value : shares[s].y.expose()) ++counts[s][value];
    }
    for (const auto& count : counts) {
      double chi_squared = 0;
      for (const double seen : count) chi_squared += (seen - 1000) * (seen - 1000) / 1000;
      EXPECT_LT(chi_squared, 400);
    }
  }
}

TEST(Shamir, shares_that_cannot_belong_together_are_refused) {
  base::SystemRandom random;
  const auto shares = split(secret("0123456789abcdef"), 2, 3, random);
  EXPECT_FALSE(combine({}).ok());
  EXPECT_FALSE(combine(chosen(shares, {1, 1})).ok());
  auto other = chosen(shares, {0, 1});
  other[1].x = 0;
  EXPECT_FALSE(combine(other).ok());
  other[1] = {.x = 2, .y = secret("short")};
  EXPECT_FALSE(combine(other).ok());
}

}  // namespace
}  // namespace karv::crypto
