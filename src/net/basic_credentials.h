// User name and secret of "Authorization: Basic ...". Whose they are is for the caller to find out. Source: RFC 7617.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace karv::net {

inline constexpr std::size_t kMaxAuthorization = 1024;

struct BasicCredentials {
  std::string username;  // not empty, and without a colon
  base::SecretBytes secret;
};
// Of the header's value. Empty for anything else: another scheme, other than strict base64, no colon, no name.
std::optional<BasicCredentials> parse_basic(std::string_view header);

}  // namespace karv::net
