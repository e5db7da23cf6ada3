#include "vault/doors/report_door.h"

#include <memory>
#include <optional>

#include "net/limiter.h"
#include "vault/doors/problem.h"
#include "vault/pages/frame_policy.h"

namespace karv::vault {
namespace {

struct LimitedReports {
  explicit LimitedReports(const ReportDoor& with)
      : door(with),
        one_client(door.wall, net::RateLimiter::per(base::minutes(1), door.limits.posts_per_minute)),
        all_clients(door.wall, net::RateLimiter::per(base::minutes(1), door.limits.all_posts_per_minute)) {}

  ReportDoor door;
  net::RateLimiter one_client, all_clients;
};

std::optional<ReportForm> form_of(const net::Request& request) {
  const auto type = request.headers.find("Content-Type");
  const auto name = type.substr(0, type.find(';'));
  if (name == "application/reports+json") return ReportForm::reports;
  if (name == "application/csp-report") return ReportForm::csp_report;
  return std::nullopt;
}

net::Response taken() {
  return {.status = 204, .headers = {{"Access-Control-Allow-Origin", "*"}, {"Cache-Control", "no-store"}}};
}

// Not the decoder's own words: they would quote what was posted.
net::Response refuse(base::ErrorCode code, const net::Request& request) {
  auto response = problem_response(base::Error(code), request);
  response.close = true;
  return response;
}

net::Response take(LimitedReports& limited, const net::Request& request) {
  const bool admitted =
      limited.one_client.admit(net::address_block(request.peer)) && limited.all_clients.admit("all clients");
  if (!admitted) return refuse(base::ErrorCode::too_many_requests, request);
  const auto form = form_of(request);
  if (!form) return refuse(base::ErrorCode::bad_request, request);
  const auto reports = read_reports(*form, request.body, limited.door.watch.inventory());
  if (!reports.ok()) return refuse(reports.error().code(), request);
  if (const auto kept = limited.door.watch.take(*reports); !kept.ok()) return problem_response(kept.error(), request);
  return taken();
}

net::Response preflight() {
  auto response = taken();
  response.headers.add("Access-Control-Allow-Methods", "POST");
  response.headers.add("Access-Control-Allow-Headers", "content-type");
  response.headers.add("Access-Control-Max-Age", "86400");
  return response;
}

}  // namespace

void add_report_routes(net::Router& router, const ReportDoor& door) {
  const auto limited = std::make_shared<LimitedReports>(door);
  router.add(net::Method::post, kReportPath,
             [limited](const net::Request& request) { return take(*limited, request); });
  router.add(net::Method::options, kReportPath, [](const net::Request&) { return preflight(); });
}

}  // namespace karv::vault
