#include "vault/problem.h"

#include "base/log.h"
#include "json/encode.h"
#include "vault_api/messages.h"

namespace karv::vault {

net::Response problem_response(const base::Error& error, const net::Request& request) {
  const auto& row = base::row_of(error.code());
  if (!error.internal_text().empty())
    base::log::warn("vault_refusal", {{"code", row.name},
                                      {"reason", error.reason()},
                                      {"correlation_id", request.correlation_id},
                                      {"detail", error.internal_text()}});
  const vault_api::Problem problem{.code = error.reason().empty() ? std::string(row.name) : error.reason(),
                                   .title = std::string(row.public_sentence),
                                   .detail = error.public_text(),
                                   .correlation_id = request.correlation_id};
  return {.status = row.http_status,
          .headers = {{"Content-Type", "application/problem+json"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = json::encode(problem)};
}

net::Response json_response(std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

}  // namespace karv::vault
