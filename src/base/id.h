// Id<Tag>: 16-byte ids that cannot be mixed up, ordered by the time they were made (UUID version 7, RFC 9562 5.7), so
// that inserts stay at the right edge of an index. Not secret and not guessable-proof: tokens are random instead.
//
//   struct OrderTag;  using OrderId = base::Id<OrderTag>;
//   OrderId id = make_id<OrderTag>(wall_clock, random);
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"

namespace karv::base {

using Uuid = std::array<std::uint8_t, 16>;

Uuid make_uuid_v7(const Clock& wall, Random& random);
// The bound below every id made at that moment or later.
Uuid first_uuid_v7(Instant at);
std::string uuid_text(const Uuid& uuid);                    // 8-4-4-4-12, lower case
std::optional<Uuid> uuid_from_text(std::string_view text);  // that form only, either case

template <class Tag>
class Id {
 public:
  constexpr Id() = default;  // nil
  explicit constexpr Id(const Uuid& uuid) : uuid_(uuid) {}

  static std::optional<Id> parse(std::string_view text) {
    const auto uuid = uuid_from_text(text);
    return uuid ? std::optional<Id>(Id(*uuid)) : std::nullopt;
  }
  // The stored form.
  static std::optional<Id> from_bytes(ByteView bytes) {
    if (bytes.size() != 16) return std::nullopt;
    Uuid uuid;
    std::copy(bytes.begin(), bytes.end(), uuid.begin());
    return Id(uuid);
  }

  std::string text() const { return uuid_text(uuid_); }
  ByteView view() const { return uuid_; }
  Bytes bytes() const { return {uuid_.begin(), uuid_.end()}; }
  const Uuid& uuid() const { return uuid_; }
  bool is_nil() const { return uuid_ == Uuid{}; }

  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Uuid uuid_{};
};

template <class Tag>
Id<Tag> make_id(const Clock& wall, Random& random) {
  return Id<Tag>(make_uuid_v7(wall, random));
}

}  // namespace karv::base

template <class Tag>
struct std::hash<karv::base::Id<Tag>> {
  std::size_t operator()(const karv::base::Id<Tag>& id) const noexcept {
    std::size_t low = 0;  // the random half
    for (int i = 8; i < 16; ++i) low = (low << 8) | id.uuid()[static_cast<std::size_t>(i)];
    return low;
  }
};
