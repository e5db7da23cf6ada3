// A request's target on its way to a route of the merchant API: what a handler is given as a parameter is one segment
// of well-formed text, and percent-decoding is undone by encoding.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/http.h"
#include "net/http_codec.h"
#include "net/percent.h"

namespace {

using namespace karv;

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

void check_decoding(std::string_view text) {
  for (const auto plus : {net::PlusMeans::plus, net::PlusMeans::space}) {
    const auto decoded = net::percent_decode(text, plus);
    if (!decoded) continue;
    KARV_CHECK(decoded->size() <= text.size());
    if (text.find('\0') != std::string_view::npos) continue;  // net refuses it elsewhere
    KARV_CHECK(decoded->find('\0') == std::string::npos);
    KARV_CHECK(net::percent_decode(percent_encode(*decoded), plus) == decoded);
  }
}

net::Reply check_parameters(const net::Request& request) {
  for (const auto& [name, value] : request.path_parameters) {
    KARV_CHECK(!value.empty() && net::is_utf8(value) && value.find('\0') == std::string::npos);
    KARV_CHECK(name == "rest" || value.find('/') == std::string::npos);
    KARV_CHECK(value != ".." && value != ".");
    KARV_CHECK(request.path.find(value) != std::string::npos);
  }
  return net::Response{};
}

const net::Router& router() {
  static const net::Router made = [] {
    net::Router router;
    using enum net::Method;
    router.add(post, "/payments/v1/sessions", check_parameters);
    router.add(get, "/payments/v1/sessions/:session_id", check_parameters);
    router.add(post, "/payments/v1/authorizations/:authorization_token/order", check_parameters);
    router.add(get, "/ordermanagement/v1/orders/:order_id", check_parameters);
    router.add(get, "/ordermanagement/v1/orders/:order_id/captures/:capture_id", check_parameters);
    router.add(post, "/ordermanagement/v1/orders/:order_id/captures", check_parameters);
    router.add(get, "/assets/*rest", check_parameters);
    return router;
  }();
  return made;
}

void check_target(std::string_view target) {
  for (const std::string_view method : {"GET", "POST"}) {
    net::http1::RequestHead head;
    const std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    if (!net::http1::parse_request_head(text, head).ok()) continue;
    const auto answer = router().handle(head.request);
    const auto* response = std::get_if<net::Response>(&answer);
    KARV_CHECK(response != nullptr);
    KARV_CHECK(response->status == 200 || response->status == 404 || response->status == 405);
    static_cast<void>(head.request.query_parameter("size"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_decoding(text);
  check_target(text);
  return 0;
}
