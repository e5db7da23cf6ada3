#include "api/merchant/dialect.h"

#include "json/field_errors.h"
#include "json/writer.h"

namespace karv::api::merchant {
namespace {

using base::ErrorCode;

std::string_view word_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request:
      return "BAD_REQUEST";
    case ErrorCode::bad_value:
      return "BAD_VALUE";
    case ErrorCode::unauthorized:
      return "UNAUTHORIZED";
    case ErrorCode::not_found:
      return "NOT_FOUND";
    case ErrorCode::idempotency_conflict:
    case ErrorCode::conflict:
      return "CONFLICT";
    case ErrorCode::not_matching:
      return "BAD_VALUE";
    case ErrorCode::not_allowed:
      return "NOT_ALLOWED";
    case ErrorCode::forbidden:
    case ErrorCode::refused:
      return "INVALID_OPERATION";
    case ErrorCode::too_large:
      return "REQUEST_TOO_LARGE";
    case ErrorCode::too_many_requests:
      return "TOO_MANY_REQUESTS";
    case ErrorCode::unprocessable:
      return "UNPROCESSABLE_ENTITY";
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::unknown_outcome:
    case ErrorCode::storage_full:
      return "TEMPORARILY_UNAVAILABLE";
    default:
      return "INTERNAL_SERVER_ERROR";
  }
}

}  // namespace

std::string error_code_of(const base::Error& error) {
  return error.reason().empty() ? std::string(word_of(error.code())) : error.reason();
}

std::vector<std::string> error_messages_of(const base::Error& error) { return json::message_lines(error); }

net::Response error_response(const net::Request& request, int status, std::string_view code,
                             const std::vector<std::string>& messages) {
  json::Writer out;
  out.begin_object().member("error_code", code).member("error_messages").begin_array();
  for (const auto& message : messages) out.text(message);
  out.end_array().member("correlation_id", request.correlation_id).end_object();
  auto response = json_response(status, std::move(out).take());
  if (status == 401) response.headers.add("WWW-Authenticate", "Basic realm=\"Karv\", charset=\"UTF-8\"");
  if (status == 503 || status == 429) response.headers.add("Retry-After", "1");
  return response;
}

net::Response error_response(const net::Request& request, const base::Error& error) {
  return error_response(request, error.http_status(), error_code_of(error), error_messages_of(error));
}

net::Response json_response(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body), false};
}

net::Response no_content() { return {204, {}, {}, false}; }

net::Response fallback(const net::Request& request, const std::vector<net::Method>& allowed) {
  if (allowed.empty())
    return error_response(request, 404, "NOT_FOUND", {"There is nothing at this path. Check the URL and the version."});
  auto response = error_response(request, 405, "METHOD_NOT_ALLOWED", {"This path does not take this method."});
  std::string methods;
  for (const auto method : allowed)
    methods += std::string(methods.empty() ? "" : ", ") + std::string(net::method_text(method));
  response.headers.add("Allow", methods);
  return response;
}

}  // namespace karv::api::merchant
