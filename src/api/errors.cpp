#include "api/errors.h"

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

net::Response problem(const net::Request& request, const base::Error& error) {
  const auto& row = base::row_of(error.code());
  json::Writer out;
  out.begin_object()
      .member("type", "about:blank")
      .member("status", row.http_status)
      .member("code", error.reason().empty() ? std::string(row.name) : error.reason())
      .member("title", row.public_sentence)
      .member("detail", error.public_text())
      .member("correlation_id", request.correlation_id)
      .end_object();
  net::Response response{row.http_status, {{"Content-Type", "application/problem+json"}}, std::move(out).take(), false};
  if (row.retry == base::Retry::later || row.http_status == 503) response.headers.add("Retry-After", "1");
  return response;
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
