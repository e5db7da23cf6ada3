// GET /health: whether purchases can be made right now. For load balancers, monitors and people; no credentials.
//
// 200 {"status":"ok"} while the storage takes writes. Else 503 with Retry-After in problem details, whose code says
// why: STORAGE_FULL (free space; it recovers by itself) or UNAVAILABLE (the disk fails, or pages are damaged; see the
// log). Reads of orders and sessions go on meanwhile, so take this for "no new purchases", not for "the process is
// dead".
#pragma once

#include "net/http.h"
#include "store/database.h"

namespace karv::api {

// `database` outlives the router.
void add_health_route(net::Router& router, const store::Database& database);

}  // namespace karv::api
