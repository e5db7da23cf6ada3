// How the Klarna-compatible paths speak: the three-member error body, empty successes, absolute locations.
// Source: merchant API contract, sections 0 and 1.7.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/http.h"

namespace karv::api::merchant {

// {error_code, error_messages, correlation_id}; the code is the error's reason, or the catalogue's nearest word.
net::Response error_response(const net::Request& request, const base::Error& error);
net::Response error_response(const net::Request& request, int status, std::string_view code,
                             const std::vector<std::string>& messages);

// The dialect's word and lines for an error; what an idempotent refusal remembers.
std::string error_code_of(const base::Error& error);
std::vector<std::string> error_messages_of(const base::Error& error);

net::Response json_response(int status, std::string body);
net::Response no_content();

// Unknown path: 403 for a valid-looking path of ours is not told apart from an unknown one; wrong method: 405 with
// Allow.
net::Response fallback(const net::Request& request, const std::vector<net::Method>& allowed);

}  // namespace karv::api::merchant
