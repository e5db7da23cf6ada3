// The vault's door for staff, on an origin of its own: the page, and what it posts. In production a client certificate
// of the company's is demanded before anything is answered; whoever came is known by what he signed.
//
//   GET  /staff/v1/                    the page; framed by nobody
//   GET  /staff/v1/assets/...          its script and style
//   GET  /staff/v1/now                 {now}: the time that signed words are held against
//   POST /staff/v1/enrolments/find     {link}
//   POST /staff/v1/enrolments          {link, client_data, attestation}
//   POST /staff/v1/requests, list, approvals, refusals, looks     signed words (staff_gate.h)
// There are no sessions, cookies or exports. How often one client may post is limited before anything is looked up.
#pragma once

#include "net/http.h"
#include "vault/pages/frame_pages.h"
#include "vault/reveal/reveal_desk.h"
#include "vault/reveal/staff_desk.h"

namespace karv::vault {

// All but `origin` outlive the router.
struct StaffDoor {
  StaffDesk& staff;
  RevealDesk& reveal;
  const FramePages& pages;
  const base::Clock& wall;
  std::string origin;
  int posts_per_minute = 60;  // per client (net::address_block)
};
net::Router staff_routes(StaffDoor door);

}  // namespace karv::vault
