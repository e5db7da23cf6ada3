#include "api/health.h"

#include "api/errors.h"

namespace karv::api {
namespace {

net::Response health(const net::Request& request, store::StorageState state) {
  using base::ErrorCode;
  switch (state) {
    case store::StorageState::writable:
      return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, R"({"status":"ok"})", false};
    case store::StorageState::full:
      return problem(request, base::Error(ErrorCode::storage_full));
    case store::StorageState::failing:
      return problem(request, base::public_error(ErrorCode::unavailable,
                                                 "The storage does not take writes. "
                                                 "Reads go on; writes are tried again."));
    case store::StorageState::damaged:
      return problem(request, base::public_error(ErrorCode::unavailable,
                                                 "The storage is damaged and takes no writes. Reads go on; an operator "
                                                 "must look."));
  }
  return problem(request, base::Error(ErrorCode::unavailable));
}

}  // namespace

void add_health_route(net::Router& router, const store::Database& database) {
  router.add(net::Method::get, "/health",
             [&database](const net::Request& request) -> net::Reply { return health(request, database.state()); });
}

}  // namespace karv::api
