#include "crypto/shamir.h"

#include <array>

#include "base/check.h"

namespace karv::crypto {
namespace {

std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  unsigned left = a;
  for (int bit = 0; bit < 8; ++bit) {
    product ^= left & (0U - ((b >> bit) & 1U));
    left = (left << 1) ^ (0x11bU & (0U - (left >> 7)));
  }
  return static_cast<std::uint8_t>(product);
}

// a^254, which is 1/a.
std::uint8_t inverse(std::uint8_t a) {
  std::uint8_t power = a;
  std::uint8_t out = 1;
  for (int bit = 1; bit < 8; ++bit) {
    power = multiply(power, power);
    out = multiply(out, power);
  }
  return out;
}

// What the share at `x` counts for at 0, among all that are there (Lagrange).
std::uint8_t weight(std::uint8_t x, std::span<const Share> shares) {
  std::uint8_t out = 1;
  for (const auto& other : shares)
    if (other.x != x) out = multiply(out, multiply(other.x, inverse(static_cast<std::uint8_t>(other.x ^ x))));
  return out;
}

}  // namespace

std::vector<Share> split(const base::SecretBytes& secret, std::uint8_t needed, std::uint8_t count,
                         base::Random& random) {
  KARV_REQUIRE(needed >= 2 && needed <= count && !secret.empty());
  std::vector<Share> shares;
  for (int x = 1; x <= count; ++x)
    shares.push_back({.x = static_cast<std::uint8_t>(x), .y = base::SecretBytes(secret.size())});
  base::SecretBytes coefficients(needed);
  for (std::size_t i = 0; i < secret.size(); ++i) {
    auto polynomial = coefficients.expose_mutable();
    random.fill(polynomial);
    polynomial[0] = secret.expose()[i];
    for (auto& share : shares) {
      std::uint8_t value = 0;
      for (std::size_t c = polynomial.size(); c-- > 0;)
        value = static_cast<std::uint8_t>(multiply(value, share.x) ^ polynomial[c]);
      share.y.expose_mutable()[i] = value;
    }
  }
  return shares;
}

base::Result<base::SecretBytes> combine(std::span<const Share> shares) {
  const auto wrong = [](const char* what) { return base::internal_error(base::ErrorCode::bad_value, what); };
  if (shares.empty()) return wrong("there is no share");
  std::array<bool, 256> seen{};
  for (const auto& share : shares) {
    if (share.x == 0 || seen.at(share.x)) return wrong("a share is there twice, or is none");
    if (share.y.size() != shares.front().y.size()) return wrong("shares of different lengths");
    seen.at(share.x) = true;
  }
  base::SecretBytes secret(shares.front().y.size());
  for (const auto& share : shares) {
    const std::uint8_t w = weight(share.x, shares);
    for (std::size_t i = 0; i < secret.size(); ++i) secret.expose_mutable()[i] ^= multiply(share.y.expose()[i], w);
  }
  return secret;
}

}  // namespace karv::crypto
