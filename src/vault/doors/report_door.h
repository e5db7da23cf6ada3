// Where browsers send what the payment pages' policies stopped and which scripts ran: the public door's third route.
//
//   POST /frame/v1/reports      application/reports+json or application/csp-report, at most kMaxReportPost bytes; 204
//   OPTIONS /frame/v1/reports   the checkout and the account are pages of another origin: browsers ask first
// Nobody signs in and nothing is answered but that it was taken. How much one client and all clients together may send
// is limited before anything is read.
#pragma once

#include "base/clock.h"
#include "net/http.h"
#include "vault/pages/page_watch.h"

namespace karv::vault {

// On the wall clock; a client is a net::address_block.
struct ReportLimits {
  int posts_per_minute = 60;
  int all_posts_per_minute = 3000;
};

struct ReportDoor {
  PageWatch& watch;
  const base::Clock& wall;
  ReportLimits limits = {};
};

// What `door` refers to must outlive the router.
void add_report_routes(net::Router& router, const ReportDoor& door);

}  // namespace karv::vault
