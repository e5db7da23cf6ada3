#include "vault_api/client.h"

#include <algorithm>

#include "vault_api/process_names.h"

namespace karv::vault_api {
namespace detail {

net::OutboundRequest post(std::string_view path, std::string body) {
  return {.destination = std::string(kDestination),
          .method = net::Method::post,
          .path = std::string(path),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

namespace {

// The catalogue's code for what the vault said. Several codes share a status; its `code` member tells them apart.
base::ErrorCode code_of(const Problem& problem, int status) {
  for (const auto& row : base::error_catalog())
    if (row.name == problem.code) return row.code;
  switch (status) {
    case 400:
      return base::ErrorCode::bad_value;
    case 403:
      return base::ErrorCode::forbidden;
    case 404:
      return base::ErrorCode::not_found;
    case 409:
      return base::ErrorCode::not_matching;
    case 410:
      return base::ErrorCode::gone;
    case 503:
      return base::ErrorCode::unavailable;
    default:
      return base::ErrorCode::internal;
  }
}

}  // namespace

base::Result<std::string_view> body_of(const net::CallOutcome& outcome) {
  if (!outcome.ok()) return outcome.error();
  const auto& response = outcome.value();
  if (response.status == 200) return std::string_view(response.body);
  const auto problem = json::decode<Problem>(response.body);
  if (!problem.ok())
    return base::internal_error(base::ErrorCode::internal,
                                "the vault answered " + std::to_string(response.status) + " without a reason");
  // Its text is for the log: what a shopper or merchant reads is the caller's to say.
  return base::internal_error(code_of(*problem, response.status), "the vault: " + problem->detail)
      .with_reason(problem->code);
}

}  // namespace detail

net::OutboundRequest request_of(OperationKind kind, const CardOperation& operation) {
  auto request = detail::post("/private/v1/cards/" + std::string(json::word(kind)), json::encode(operation));
  request.place = process_named_in(operation.vault_token);
  return request;
}

bool has_done_nothing(const net::Response& response) {
  if (response.status != 503) return false;
  const auto problem = json::decode<Problem>(response.body);
  return problem.ok() && problem->code == "VAULT_SEALED";
}

net::OutboundRequest request_operation(OperationId operation) {
  auto request = detail::post("/private/v1/operations/" + operation.text(), {});
  request.method = net::Method::get;
  return request;
}

net::OutboundRequest request_health() {
  auto request = detail::post("/private/v1/health", {});
  request.method = net::Method::get;
  return request;
}

base::Result<HealthAnswer> health_of(const net::CallOutcome& outcome) {
  KARV_TRY(const auto body, detail::body_of(outcome));
  return json::decode<HealthAnswer>(body);
}

base::Result<OperationAnswer> ask(net::Client& client, OperationKind kind, const CardOperation& operation) {
  return answer_of<CardOperation>(client.send_blocking(request_of(kind, operation), kCardLimit));
}

}  // namespace karv::vault_api
