#include "api/errors.h"

#include <functional>

#include "api/merchant/dialect.h"
#include "json/writer.h"

namespace karv::api {
namespace {

bool speaks_klarna(std::string_view path) {
  for (const std::string_view prefix : {"/payments", "/ordermanagement", "/sandbox"})
    if (path.starts_with(prefix)) return true;
  return false;
}

}  // namespace

namespace {

net::Response problem_with(const net::Request& request, const base::Error& error,
                           const std::function<void(json::Writer&)>& more) {
  const auto& row = base::row_of(error.code());
  json::Writer out;
  out.begin_object()
      .member("type", "about:blank")
      .member("status", row.http_status)
      .member("code", error.reason().empty() ? std::string(row.name) : error.reason())
      .member("title", row.public_sentence)
      .member("detail", error.public_text())
      .member("correlation_id", request.correlation_id);
  more(out);
  out.end_object();
  net::Response response{row.http_status, {{"Content-Type", "application/problem+json"}}, std::move(out).take(), false};
  if (row.retry == base::Retry::later || row.http_status == 503) response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace

net::Response problem(const net::Request& request, const base::Error& error) {
  return problem_with(request, error, [](json::Writer&) {});
}

net::Response problem(const net::Request& request, const base::Error& error, std::string_view member,
                      std::int64_t value) {
  return problem_with(request, error, [&](json::Writer& out) { out.member(member, value); });
}

net::Response problem_fallback(const net::Request& request, const std::vector<net::Method>& allowed) {
  auto response = problem(request, base::Error(base::ErrorCode::not_found));
  if (!allowed.empty()) response.status = 405;
  return response;
}

net::Response error_response_for(const net::Request& request, const base::Error& error) {
  return speaks_klarna(request.path) ? merchant::error_response(request, error) : problem(request, error);
}

}  // namespace karv::api
