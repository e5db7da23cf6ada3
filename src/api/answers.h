// What Karv's own APIs (checkout, account) answer and read alike. Errors: api/errors.h.
#pragma once

#include <string>

#include "base/result.h"
#include "identity/email.h"
#include "net/http.h"

namespace karv::api {

net::Response json_answer(std::string body);  // 200
net::Response no_content();                   // 204

// Errors: bad_value, reason INVALID_EMAIL.
base::Result<identity::Email> read_email(const std::string& text);

}  // namespace karv::api
