// The text of HTTP/1.1 without sockets: heads in and out, and chunked bodies. Strict where request smuggling and header
// injection begin: one Host, no folded lines, no Content-Length beside Transfer-Encoding, no coding but "chunked"
// alone, no absolute targets, no ".." and no NUL, no chunk extensions or trailers. Deadlines and sizes on the way in
// are the session's. Used by net's server and client. Source: RFC 9112, RFC 9110 section 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace karv::net::http1 {

inline constexpr std::size_t kMaxHeaderLines = 100;
inline constexpr std::string_view kHeadEnd = "\r\n\r\n";

struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  // of the body when it is not chunked
};

struct RequestHead {
  Request request;  // without body and what the connection knows
  Framing framing;
  bool keep_alive = true;
  bool expects_continue = false;
  bool http_1_0 = false;
};
// Reads a head up to and including its empty line. Whatever could be read stays in `out` after an error, so that the
// answer can be in the right API's dialect: of a path that does not decode, what readable_path says. Errors:
// bad_request.
base::Result<> parse_request_head(std::string_view head, RequestHead& out);
// The leading segments of the path that decode, of a head that is refused or not there to its end: "/payments/v1" of
// "GET /payments/v1/%zz". Says whose dialect answers; no route is looked up by it. Empty when there is none.
std::string readable_path(std::string_view head);

struct ResponseHead {
  Response response;  // without body
  Framing framing;
  bool keep_alive = true;
};
// `asked_with` decides whether a body follows. Errors: bad_request.
base::Result<ResponseHead> parse_response_head(std::string_view head, Method asked_with);

// Takes a chunked body in pieces.
class ChunkDecoder {
 public:
  enum class State : std::uint8_t { more, done, bad };

  explicit ChunkDecoder(std::size_t limit) : limit_(limit) {}
  // Appends what `input` holds of the body; `consumed` says how much of the input belonged to it.
  State feed(std::string_view input, std::string& body, std::size_t& consumed);
  bool over_limit() const { return over_limit_; }

 private:
  enum class Expect : std::uint8_t { size_digit, size_end, data, data_cr, data_lf, last_cr, last_lf };
  bool take(char c);
  bool take_size_end(char c);

  std::size_t limit_;
  std::size_t received_ = 0;
  std::uint64_t left_ = 0;
  int digits_ = 0;
  Expect expect_ = Expect::size_digit;
  bool over_limit_ = false;
  bool done_ = false;
};

// True when each header may go out: a token, a value without CR, LF, NUL, and none that net writes itself.
bool are_sendable(const Headers& headers);

// What net adds to an answer beside its own headers.
struct ResponseFrame {
  Method asked_with = Method::get;
  std::string_view correlation_id;
  bool close = false;
  bool stream = false;   // an event stream: no length
  bool chunked = false;  // of a stream
  bool hsts = true;
};
// The answer's bytes: head, standard headers, body. Pre: are_sendable(response.headers).
std::string render_response(const Response& response, const ResponseFrame& frame);

// A request's bytes. `host` is the Host header's value. Empty when something in it may not be sent.
std::optional<std::string> render_request(const OutboundRequest& request, std::string_view host);
// The same without the body, whose length it names.
std::optional<std::string> render_request_head(const OutboundRequest& request, std::string_view host);

// The time as HTTP writes it. Source: RFC 9110 5.6.7.
std::string http_date(base::Instant now);

}  // namespace karv::net::http1
