#include "net/basic_credentials.h"

#include "base/bytes.h"
#include "net/ascii.h"

namespace karv::net {

std::optional<BasicCredentials> parse_basic(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() > kMaxAuthorization || header.size() <= kScheme.size()) return std::nullopt;
  if (!equal_ignoring_case(header.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  auto decoded = base::from_base64(header.substr(kScheme.size()));
  if (!decoded) return std::nullopt;
  const auto text = base::as_text(*decoded);
  const auto colon = text.find(':');
  std::optional<BasicCredentials> credentials;
  if (colon != std::string_view::npos && colon > 0)
    credentials =
        BasicCredentials{std::string(text.substr(0, colon)), base::SecretBytes::copy_of(text.substr(colon + 1))};
  base::wipe(decoded->data(), decoded->size());
  return credentials;
}

}  // namespace karv::net
