#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/check.h"
#include "net/ascii.h"
#include "net/http_codec.h"

namespace karv::net::http1 {
namespace {

// Written by net alone: whoever could set them could change where a message ends.
constexpr auto kOwnHeaders = std::to_array<std::string_view>(
    {"Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Date"});

std::string_view reason_of(int status) {
  struct Row {
    int status;
    std::string_view reason;
  };
  static constexpr auto kRows = std::to_array<Row>({{100, "Continue"},
                                                    {200, "OK"},
                                                    {201, "Created"},
                                                    {202, "Accepted"},
                                                    {204, "No Content"},
                                                    {302, "Found"},
                                                    {303, "See Other"},
                                                    {304, "Not Modified"},
                                                    {400, "Bad Request"},
                                                    {401, "Unauthorized"},
                                                    {402, "Payment Required"},
                                                    {403, "Forbidden"},
                                                    {404, "Not Found"},
                                                    {405, "Method Not Allowed"},
                                                    {406, "Not Acceptable"},
                                                    {408, "Request Timeout"},
                                                    {409, "Conflict"},
                                                    {410, "Gone"},
                                                    {411, "Length Required"},
                                                    {413, "Content Too Large"},
                                                    {415, "Unsupported Media Type"},
                                                    {422, "Unprocessable Content"},
                                                    {429, "Too Many Requests"},
                                                    {431, "Request Header Fields Too Large"},
                                                    {500, "Internal Server Error"},
                                                    {501, "Not Implemented"},
                                                    {502, "Bad Gateway"},
                                                    {503, "Service Unavailable"},
                                                    {504, "Gateway Timeout"},
                                                    {507, "Insufficient Storage"}});
  const auto row = std::ranges::find(kRows, status, &Row::status);
  return row == kRows.end() ? std::string_view("Other") : row->reason;
}

void append(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// The date changes once a second; an answer needs it far more often.
std::string_view current_date() {
  thread_local std::int64_t second = -1;
  thread_local std::string text;
  const base::Instant now = base::SystemClock().now();
  if (now.ms / 1000 != second) {
    second = now.ms / 1000;
    text = http_date(now);
  }
  return text;
}

}  // namespace

std::string http_date(base::Instant now) {
  using namespace std::chrono;
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_time<seconds> time{seconds{now.ms / 1000}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[weekday{day}.c_encoding()],
                     static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

bool are_sendable(const Headers& headers) {
  return std::ranges::all_of(headers.all(), [](const Header& header) {
    return is_token(header.name) && is_header_value(header.value) &&
           std::ranges::none_of(kOwnHeaders, [&](auto own) { return equal_ignoring_case(own, header.name); });
  });
}

std::string render_response(const Response& response, const ResponseFrame& frame) {
  KARV_REQUIRE(response.status >= 200 && response.status <= 599);
  const bool no_body = response.status == 204 || response.status == 304;
  std::string out;
  out.reserve(768 + response.body.size());
  out.append("HTTP/1.1 ").append(fmt::format_int(response.status).c_str()).append(" ");
  out.append(reason_of(response.status)).append("\r\n");
  append(out, "Date", current_date());
  for (const auto& header : response.headers.all()) {
    if (no_body && equal_ignoring_case(header.name, "Content-Type")) continue;
    append(out, header.name, header.value);
  }
  append(out, "Karv-Correlation-Id", frame.correlation_id);
  append(out, "Klarna-Correlation-Id", frame.correlation_id);
  if (frame.hsts) append(out, "Strict-Transport-Security", "max-age=31536000");
  if (!response.headers.has("X-Content-Type-Options")) append(out, "X-Content-Type-Options", "nosniff");
  if (!response.headers.has("Cache-Control")) append(out, "Cache-Control", "no-store");
  if (frame.close) append(out, "Connection", "close");
  if (frame.stream) {
    if (frame.chunked) append(out, "Transfer-Encoding", "chunked");
  } else if (!no_body) {
    append(out, "Content-Length", fmt::format_int(response.body.size()).c_str());
  }
  out.append("\r\n");
  if (!no_body && !frame.stream && frame.asked_with != Method::head) out.append(response.body);
  return out;
}

std::optional<std::string> render_request_head(const OutboundRequest& request, std::string_view host) {
  const bool clean_path = request.path.starts_with('/') &&
                          std::ranges::all_of(request.path, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
  if (!clean_path || request.method == Method::other || !are_sendable(request.headers)) return std::nullopt;
  std::string out;
  out.reserve(512 + request.path.size());
  out.append(method_text(request.method)).append(" ").append(request.path).append(" HTTP/1.1\r\n");
  if (!request.headers.has("Host")) append(out, "Host", host);
  for (const auto& header : request.headers.all()) append(out, header.name, header.value);
  const bool bodiless = request.method == Method::get || request.method == Method::head;
  if (!bodiless || !request.body.empty()) append(out, "Content-Length", fmt::format_int(request.body.size()).c_str());
  return out.append("\r\n");
}

std::optional<std::string> render_request(const OutboundRequest& request, std::string_view host) {
  auto out = render_request_head(request, host);
  if (!out) return std::nullopt;
  out->reserve(out->size() + request.body.size());
  out->append(request.body);
  return out;
}

}  // namespace karv::net::http1
