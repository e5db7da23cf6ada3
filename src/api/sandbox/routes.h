// Helpers that exist in sandbox mode only: authorize a session without a browser, and move the business clock.
//
//   POST /sandbox/v1/sessions/{session_id}/authorize  {payment_method_category, email, test_card?}
//     -> {approved, authorization_token} or {approved: false, error}
//   POST /sandbox/v1/clock  {advance: "P30D"}  -> {business_time}; due jobs have run when it answers
#pragma once

#include <functional>

#include "api/services.h"
#include "calendar/period.h"
#include "net/http.h"

namespace karv::api::sandbox {

// Moves the stored offset and runs what is due then. Errors: storage's.
using AdvanceClock = std::function<base::Result<base::Instant>(const calendar::Period&)>;

// Pre: sandbox mode. `services` outlives the router.
void add_routes(net::Router& router, const Services& services, AdvanceClock advance);

}  // namespace karv::api::sandbox
