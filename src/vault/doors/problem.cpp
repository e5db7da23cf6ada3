#include "vault/doors/problem.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>

#include "base/log.h"
#include "json/encode.h"
#include "vault_api/messages.h"

namespace karv::vault {
namespace {

struct FieldProblem {
  std::string_view field;
  std::string_view code;
  std::string_view detail;
};
BOOST_DESCRIBE_STRUCT(FieldProblem, (), (field, code, detail))

struct FieldsProblem {
  std::string code;
  std::string title;
  std::string detail;
  std::string correlation_id;
  std::vector<FieldProblem> errors;
};
BOOST_DESCRIBE_STRUCT(FieldsProblem, (), (code, title, detail, correlation_id, errors))

net::Response response_of(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/problem+json"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

}  // namespace

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
  return response_of(row.http_status, json::encode(problem));
}

net::Response problem_response(const FieldErrors& errors, const net::Request& request) {
  const auto first = errors.first();
  const auto& row = base::row_of(first.code());
  FieldsProblem problem{.code = first.reason(),
                        .title = std::string(row.public_sentence),
                        .detail = first.public_text(),
                        .correlation_id = request.correlation_id,
                        .errors = {}};
  for (const auto& error : errors.all())
    problem.errors.push_back({.field = error.field, .code = error.reason, .detail = error.text});
  return response_of(row.http_status, json::encode(problem));
}

net::Response json_response(std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

}  // namespace karv::vault
