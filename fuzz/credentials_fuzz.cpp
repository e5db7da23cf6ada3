// The Authorization header of the merchant API: what is accepted is the one spelling of a name and a secret.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "net/basic_credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace karv;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto read = net::parse_basic(text)) {
    KARV_CHECK(text.size() <= net::kMaxAuthorization);
    KARV_CHECK(!read->username.empty() && read->username.find(':') == std::string::npos);
    const std::string plain = read->username + ":" + std::string(read->secret.expose_text());
    KARV_CHECK(text.substr(6) == base::to_base64(base::as_bytes(plain)));
  }
  // And the other way: every name and secret that fits comes back.
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return 0;
  const std::string header = "Basic " + base::to_base64(base::as_bytes(text));
  const auto read = net::parse_basic(header);
  KARV_CHECK(read.has_value() == (header.size() <= net::kMaxAuthorization));
  if (read) KARV_CHECK(read->username == text.substr(0, colon) && read->secret.expose_text() == text.substr(colon + 1));
  return 0;
}
