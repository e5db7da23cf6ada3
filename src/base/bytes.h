// Raw bytes and their text forms.
//
// Bytes is for values that are not secret (ids, digests, ciphertext); secrets live in SecretBytes (base/secret.h).
// Decoders are strict: no white space, no missing padding, no stray characters. Source: RFC 4648.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace karv::base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// The bytes of a text, without copying.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string to_hex(ByteView bytes);  // lower case
std::optional<Bytes> from_hex(std::string_view text);

std::string to_base64(ByteView bytes);  // with padding
std::optional<Bytes> from_base64(std::string_view text);

std::string to_base64url(ByteView bytes);  // without padding (RFC 4648 section 5)
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace karv::base
