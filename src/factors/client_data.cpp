#include "factors/client_data.h"

#include <algorithm>
#include <array>

#include "base/secret.h"
#include "json/decode.h"

namespace karv::factors {
namespace {

struct ClientData {
  static constexpr std::array<std::string_view, 5> kWireNames{"type", "challenge", "origin", "crossOrigin",
                                                              "topOrigin"};
  std::string type;
  std::string challenge;
  std::string origin;
  std::optional<bool> cross_origin;
  std::optional<std::string> top_origin;
};
BOOST_DESCRIBE_STRUCT(ClientData, (), (type, challenge, origin, cross_origin, top_origin))

// Browsers add members of their own.
constexpr json::Options kClientData{.max_bytes = kLongestResponse,
                                    .max_depth = 4,
                                    .unknown_members = json::UnknownMembers::ignore,
                                    .integers_as_text = false};

base::Error wrong(const char* what) {
  return base::internal_error(base::ErrorCode::bad_value, std::string("client data: ") + what);
}

}  // namespace

base::Result<void> check_client_data(const Ceremony& ceremony, std::string_view type, base::ByteView client_data) {
  const auto read = json::decode<ClientData>(base::as_text(client_data), kClientData);
  if (!read.ok()) return wrong("not what a browser says");
  const auto& data = read.value();
  if (data.type != type) return wrong("another type of ceremony");
  const auto challenge = base::from_base64url(data.challenge);
  if (ceremony.challenge.empty() || !challenge || !base::equal_constant_time(*challenge, ceremony.challenge))
    return wrong("another challenge");
  if (data.origin != ceremony.party.origin) return wrong("another origin");
  const auto& framing = ceremony.party.top_origins;
  const bool framed = data.cross_origin.value_or(false) || data.top_origin;
  if (framed && (!data.top_origin || std::ranges::find(framing, *data.top_origin) == framing.end()))
    return wrong("in a frame of another origin");
  return {};
}

}  // namespace karv::factors
