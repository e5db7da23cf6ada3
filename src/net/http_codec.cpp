#include "net/http_codec.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/ascii.h"
#include "net/percent.h"

namespace karv::net::http1 {
namespace {

using base::ErrorCode;

base::Error bad(std::string_view what) {
  return {ErrorCode::bad_request, base::PublicText("The HTTP request is malformed."),
          base::InternalDetail(std::string(what))};
}

// The next line without its CR LF. Empty optional: no line, or a CR or LF that stands alone.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos || text.substr(end, 2) != "\r\n") return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

Method method_of(std::string_view text) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_, Method::options})
    if (text == method_text(method)) return method;
  return Method::other;
}

base::Result<> parse_path(std::string_view raw, std::string& out) {
  const auto decoded = percent_decode(raw, PlusMeans::plus);
  if (!decoded) return bad("path_escape");
  if (!is_utf8(*decoded)) return bad("path_utf8");
  // An escaped slash would make two different paths look alike to whoever routes in front of us.
  if (std::ranges::count(*decoded, '/') != std::ranges::count(raw, '/')) return bad("path_slash");
  const auto is_wrong = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\'; };
  if (std::ranges::any_of(*decoded, is_wrong)) return bad("path_character");
  out.clear();
  for (const char c : *decoded)
    if (c != '/' || out.empty() || out.back() != '/') out.push_back(c);
  for (std::string_view rest = out; !rest.empty();) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment == "." || segment == "..") {
      out.clear();
      return bad("path_dots");
    }
  }
  return {};
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

base::Result<> parse_target(std::string_view target, Request& out) {
  if (!target.starts_with('/')) return bad("target_form");
  if (!is_visible(target) || target.find('#') != std::string_view::npos) return bad("target_character");
  const std::size_t question = target.find('?');
  KARV_TRY_VOID(parse_path(target.substr(0, question), out.path));
  if (question == std::string_view::npos) return {};
  const std::string_view query = target.substr(question + 1);
  const auto decoded = percent_decode(query, PlusMeans::space);
  if (!decoded || !is_utf8(*decoded)) return bad("query_escape");
  out.query = query;
  return {};
}

base::Result<> parse_request_line(std::string_view line, RequestHead& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("request_line");
  if (!is_token(line.substr(0, first))) return bad("method");
  out.request.method = method_of(line.substr(0, first));
  KARV_TRY_VOID(parse_target(line.substr(first + 1, last - first - 1), out.request));
  const std::string_view version = line.substr(last + 1);
  out.http_1_0 = version == "HTTP/1.0";
  if (!out.http_1_0 && version != "HTTP/1.1") return bad("version");
  return {};
}

base::Result<> parse_header_lines(std::string_view text, Headers& out) {
  for (std::size_t lines = 0;; ++lines) {
    const auto line = take_line(text);
    if (!line) return bad("line_end");
    if (line->empty()) break;
    if (lines == kMaxHeaderLines) return bad("too_many_headers");
    const std::size_t colon = line->find(':');
    // A folded line begins with a space, which no name does.
    if (colon == std::string_view::npos || !is_token(line->substr(0, colon))) return bad("header_name");
    const std::string_view value = trim(line->substr(colon + 1));
    if (!is_header_value(value)) return bad("header_value");
    out.add(std::string(line->substr(0, colon)), std::string(value));
  }
  if (!text.empty()) return bad("after_head");
  return {};
}

base::Result<Framing> framing_of(const Headers& headers) {
  const std::size_t lengths = headers.count("Content-Length");
  const std::size_t codings = headers.count("Transfer-Encoding");
  if (lengths + codings > 1) return bad("framing_twice");
  if (codings == 1) {
    if (!equal_ignoring_case(headers.find("Transfer-Encoding"), "chunked")) return bad("transfer_encoding");
    return Framing{.chunked = true};
  }
  if (lengths == 0) return Framing{};
  const std::string_view text = headers.find("Content-Length");
  Framing framing;
  if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, is_digit)) return bad("content_length");
  std::from_chars(text.data(), text.data() + text.size(), framing.length);
  return framing;
}

// True when a comma-separated header names the word.
bool lists(const Headers& headers, std::string_view name, std::string_view word) {
  for (const auto& header : headers.all()) {
    if (!equal_ignoring_case(header.name, name)) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      if (equal_ignoring_case(trim(item), word)) return true;
    }
  }
  return false;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || std::string_view(".-_:[]").find(c) != std::string_view::npos;
  });
}

base::Result<> check_request_headers(RequestHead& out) {
  const Headers& headers = out.request.headers;
  const std::size_t hosts = headers.count("Host");
  if (hosts > 1 || (hosts == 0 && !out.http_1_0)) return bad("host_count");
  if (hosts == 1 && !is_host(headers.find("Host"))) return bad("host");
  KARV_TRY(out.framing, framing_of(headers));
  if (out.framing.chunked && out.http_1_0) return bad("transfer_encoding");
  if (headers.has("Expect")) {
    if (!equal_ignoring_case(headers.find("Expect"), "100-continue")) return bad("expect");
    out.expects_continue = !out.http_1_0;
  }
  out.keep_alive = !out.http_1_0 && !lists(headers, "Connection", "close");
  return {};
}

base::Result<> parse_head_lines(std::string_view head, RequestHead& out) {
  const auto line = take_line(head);
  if (!line) return bad("line_end");
  KARV_TRY_VOID(parse_request_line(*line, out));
  KARV_TRY_VOID(parse_header_lines(head, out.request.headers));
  return check_request_headers(out);
}

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

}  // namespace

base::Result<> parse_request_head(std::string_view head, RequestHead& out) {
  auto parsed = parse_head_lines(head, out);
  if (!parsed.ok() && out.request.path.empty()) out.request.path = readable_path(head);
  return parsed;
}

std::string readable_path(std::string_view head) {
  std::string_view line = head.substr(0, head.find("\r\n"));
  line.remove_prefix(std::min(line.size(), line.find(' ')));
  line.remove_prefix(std::min<std::size_t>(line.size(), 1));
  std::string_view target = line.substr(0, line.find_first_of(" ?#"));
  std::string path;
  while (target.starts_with('/')) {
    const std::string_view segment = target.substr(0, target.find('/', 1));
    std::string decoded;
    if (!is_visible(segment) || !parse_path(segment, decoded).ok()) break;
    if (decoded != "/") path += decoded;
    target.remove_prefix(segment.size());
  }
  return path;
}

base::Result<ResponseHead> parse_response_head(std::string_view head, Method asked_with) {
  const auto line = take_line(head);
  if (!line || !line->starts_with("HTTP/1.1 ") || line->size() < 12) return bad("status_line");
  const std::string_view digits = line->substr(9, 3);
  if (!std::ranges::all_of(digits, is_digit) || digits[0] < '1' || digits[0] > '5') return bad("status");
  if (line->size() > 12 && (*line)[12] != ' ') return bad("status_line");
  ResponseHead out;
  std::from_chars(digits.data(), digits.data() + 3, out.response.status);
  KARV_TRY_VOID(parse_header_lines(head, out.response.headers));
  KARV_TRY(out.framing, framing_of(out.response.headers));
  const bool framed = out.framing.chunked || out.response.headers.has("Content-Length");
  if (asked_with == Method::head || has_no_body(out.response.status))
    out.framing = {};
  else if (!framed)
    return bad("no_length");
  out.keep_alive = !lists(out.response.headers, "Connection", "close");
  return out;
}

ChunkDecoder::State ChunkDecoder::feed(std::string_view input, std::string& body, std::size_t& consumed) {
  consumed = 0;
  while (!done_ && consumed < input.size()) {
    if (expect_ == Expect::data) {
      const std::size_t size = std::min<std::uint64_t>(left_, input.size() - consumed);
      body.append(input.substr(consumed, size));
      consumed += size;
      left_ -= size;
      if (left_ == 0) expect_ = Expect::data_cr;
    } else if (!take(input[consumed++])) {
      return State::bad;
    }
  }
  return done_ ? State::done : State::more;
}

bool ChunkDecoder::take(char c) {
  switch (expect_) {
    case Expect::size_digit:
      if (c == '\r' && digits_ > 0) {
        expect_ = Expect::size_end;
        return true;
      }
      if (hex_value(c) < 0 || ++digits_ > 8) return false;
      left_ = left_ * 16 + static_cast<std::uint64_t>(hex_value(c));
      return true;
    case Expect::size_end:
      return take_size_end(c);
    case Expect::data:
      return false;
    case Expect::data_cr:
      expect_ = Expect::data_lf;
      return c == '\r';
    case Expect::data_lf:
      expect_ = Expect::size_digit;
      digits_ = 0;
      left_ = 0;
      return c == '\n';
    case Expect::last_cr:
      expect_ = Expect::last_lf;
      return c == '\r';
    case Expect::last_lf:
      done_ = true;
      return c == '\n';
  }
  return false;
}

bool ChunkDecoder::take_size_end(char c) {
  if (c != '\n') return false;
  received_ += left_;
  over_limit_ = received_ > limit_;
  expect_ = left_ == 0 ? Expect::last_cr : Expect::data;
  return !over_limit_;
}

}  // namespace karv::net::http1
