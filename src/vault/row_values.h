// What the vault's rows hold in other forms than its values have: words of enumerations, instants as milliseconds. For
// repositories alone.
#pragma once

#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/clock.h"
#include "json/words.h"
#include "store/database.h"

namespace karv::vault {

// A word that we wrote ourselves and can no longer read is a bug, not input.
template <class E>
E word_at(const store::Row& row, std::size_t column) {
  const auto parsed = json::parse_word<E>(row.text(column));
  KARV_REQUIRE(parsed.has_value());
  return *parsed;
}

inline std::optional<base::Instant> instant_or_null(const store::Row& row, std::size_t column) {
  const auto ms = row.integer_or_null(column);
  return ms ? std::optional(base::Instant{*ms}) : std::nullopt;
}

inline std::optional<std::int64_t> ms_or_null(std::optional<base::Instant> instant) {
  return instant ? std::optional(instant->ms) : std::nullopt;
}

}  // namespace karv::vault
