// How this module's values lie in a row: enumerators as their words, instants as milliseconds, carts as JSON text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "base/check.h"
#include "base/clock.h"
#include "json/decode.h"
#include "json/encode.h"
#include "store/database.h"

namespace karv::orders {

template <class Enum>
std::string word(Enum value) {
  const char* name = boost::describe::enum_to_string(value, "");
  KARV_REQUIRE(*name != '\0');
  return name;
}

template <class Enum>
Enum value_of(const std::string& stored) {
  Enum value{};
  KARV_REQUIRE(boost::describe::enum_from_string(stored.c_str(), value));
  return value;
}

inline std::optional<std::int64_t> ms_of(const std::optional<base::Instant>& instant) {
  return instant ? std::optional(instant->ms) : std::nullopt;
}
inline std::optional<base::Instant> instant_of(const std::optional<std::int64_t>& ms) {
  return ms ? std::optional(base::Instant{*ms}) : std::nullopt;
}

// What we stored ourselves must be readable: anything else is a bug, not input. It may be longer than one request may
// be: a cart is put together from several.
inline constexpr json::Options kStored{.max_bytes = 8'000'000, .max_values = 400'000};
template <class T>
T stored_json(const std::string& text) {
  auto decoded = json::decode<T>(text, kStored);
  KARV_REQUIRE(decoded.ok());
  return std::move(decoded).value();
}

}  // namespace karv::orders
