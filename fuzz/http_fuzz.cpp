// What the HTTP readers accept keeps their promises: no dots, no control characters, no two framings, no body beyond
// its limit.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/http_codec.h"

namespace {

void check_request(std::string_view text) {
  karv::net::http1::RequestHead head;
  const auto& request = head.request;
  if (!karv::net::http1::parse_request_head(text, head).ok()) {
    KARV_CHECK(request.path.empty() || request.path.starts_with('/'));
    KARV_CHECK(std::ranges::none_of(request.path, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    return;
  }
  KARV_CHECK(request.path.starts_with('/') && request.path.find("//") == std::string::npos);
  KARV_CHECK(request.path.find("/../") == std::string::npos && !request.path.ends_with("/.."));
  KARV_CHECK(std::ranges::none_of(request.path, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
  KARV_CHECK(request.headers.count("Host") <= 1);
  KARV_CHECK(request.headers.count("Content-Length") + request.headers.count("Transfer-Encoding") <= 1);
  for (const auto& header : request.headers.all())
    KARV_CHECK(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  static_cast<void>(request.query_parameter("q"));
}

// Piece by piece or at once: the same body.
void check_chunks(std::string_view text) {
  constexpr std::size_t kLimit = 64;
  karv::net::http1::ChunkDecoder whole(kLimit);
  std::string body;
  std::size_t consumed = 0;
  const auto state = whole.feed(text, body, consumed);
  KARV_CHECK(body.size() <= kLimit && consumed <= text.size());
  karv::net::http1::ChunkDecoder pieces(kLimit);
  std::string same;
  auto last = karv::net::http1::ChunkDecoder::State::more;
  for (std::size_t i = 0; i < text.size() && last == karv::net::http1::ChunkDecoder::State::more; ++i) {
    std::size_t one = 0;
    last = pieces.feed(text.substr(i, 1), same, one);
  }
  KARV_CHECK(last == state && same == body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_request(text);
  check_chunks(text);
  static_cast<void>(karv::net::http1::parse_response_head(text, karv::net::Method::get));
  return 0;
}
