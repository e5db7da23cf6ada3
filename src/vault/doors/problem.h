// Errors in the vault's own dialect: RFC 9457 problem details with a stable `code`. Shared by both doors.
#pragma once

#include "base/error.h"
#include "net/http.h"
#include "vault/input/field_errors.h"

namespace karv::vault {

net::Response problem_response(const base::Error& error, const net::Request& request);

// The first error's code and detail, and all of them in `errors`: [{field, code, detail}]. Pre: !errors.empty().
net::Response problem_response(const FieldErrors& errors, const net::Request& request);

// 200 with a JSON body that nobody may keep.
net::Response json_response(std::string body);

}  // namespace karv::vault
