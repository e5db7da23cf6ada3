// Percent-decoding of a URI's path and query, and the check of what comes out. Used by net only. Source: RFC 3986 2.1,
// RFC 3629.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace karv::net {

enum class PlusMeans : std::uint8_t { plus, space };

// Empty when an escape is malformed or stands for NUL.
std::optional<std::string> percent_decode(std::string_view text, PlusMeans plus);

// True for well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

}  // namespace karv::net
