#include "base/id.h"

namespace karv::base {
namespace {

// Source: RFC 9562, 5.7
void stamp(Uuid& uuid, Instant at) {
  const auto ms = static_cast<std::uint64_t>(at.ms);
  for (std::size_t i = 0; i < 6; ++i) uuid[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | 0x70);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);
}

}  // namespace

Uuid make_uuid_v7(const Clock& wall, Random& random) {
  Uuid uuid;
  random.fill(uuid);
  stamp(uuid, wall.now());
  return uuid;
}

Uuid first_uuid_v7(Instant at) {
  Uuid uuid{};
  stamp(uuid, at);
  return uuid;
}

std::string uuid_text(const Uuid& uuid) {
  std::string hex = to_hex(uuid);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

std::optional<Uuid> uuid_from_text(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string hex;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) hex.push_back(text[i]);
  }
  const auto bytes = from_hex(hex);
  if (!bytes) return std::nullopt;
  Uuid uuid;
  std::copy(bytes->begin(), bytes->end(), uuid.begin());
  return uuid;
}

}  // namespace karv::base
