// Which dialect answers a path: the Klarna-compatible paths theirs, everything else RFC 9457 problem details.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/http.h"

namespace karv::api {

// Karv's own dialect: application/problem+json with code, title, detail, correlation_id. Source: RFC 9457.
net::Response problem(const net::Request& request, const base::Error& error);
// The same with one more member, e.g. attempts_left.
net::Response problem(const net::Request& request, const base::Error& error, std::string_view member,
                      std::int64_t value);
net::Response problem_fallback(const net::Request& request, const std::vector<net::Method>& allowed);

// For what net itself refuses or what went wrong in a handler.
net::Response error_response_for(const net::Request& request, const base::Error& error);

}  // namespace karv::api
