#include "grow/mapping.h"

namespace karv::bench {
namespace {

// 2017 to 2049.
constexpr std::int64_t kFirstMoment = 1'500'000'000'000;
constexpr std::int64_t kLastMoment = 2'500'000'000'000;

void rotate(char& c, char first, char last, std::uint64_t by) {
  if (c < first || c > last) return;
  const auto count = static_cast<std::uint64_t>(last - first) + 1;
  c = static_cast<char>(first + static_cast<char>((static_cast<std::uint64_t>(c - first) + by) % count));
}

}  // namespace

bool is_timed(const base::Uuid& id) { return (id[6] & 0xf0) == 0x70 && (id[8] & 0xc0) == 0x80; }

std::int64_t time_of(const base::Uuid& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id[i];
  return ms;
}

bool is_moment(std::int64_t number) { return number > kFirstMoment && number < kLastMoment; }

Mapping::Mapping(std::int64_t copy, std::int64_t shift_ms)
    : copy_(static_cast<std::uint64_t>(copy)), back_ms_(copy * shift_ms) {}

base::Uuid Mapping::id(base::Uuid id) const {
  const bool timed = is_timed(id);
  base::Uuid mapped = id;
  for (std::size_t i = timed ? 6 : 0; i < mapped.size(); ++i) mapped[i] ^= static_cast<std::uint8_t>(noise(i));
  // Version and variant.
  mapped[6] = static_cast<std::uint8_t>((mapped[6] & 0x0f) | (id[6] & 0xf0));
  mapped[8] = static_cast<std::uint8_t>((mapped[8] & 0x3f) | (id[8] & 0xc0));
  if (!timed) return mapped;
  const auto ms = static_cast<std::uint64_t>(moment(time_of(id)));
  for (std::size_t i = 0; i < 6; ++i) mapped[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  return mapped;
}

void Mapping::blob(std::span<char> bytes) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(noise(i)));
}

void Mapping::text(std::span<char> text) const {
  for (std::size_t i = 0; i < text.size(); ++i) {
    rotate(text[i], '0', '9', noise(i));
    rotate(text[i], 'A', 'Z', noise(i));
    rotate(text[i], 'a', 'z', noise(i));
  }
}

// Source: Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators (2014): SplitMix64.
std::uint64_t Mapping::noise(std::size_t at) const {
  std::uint64_t z = (copy_ << 16 | at) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace karv::bench
