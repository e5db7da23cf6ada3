#include "api/answers.h"

namespace karv::api {

net::Response json_answer(std::string body) {
  return {200, {{"Content-Type", "application/json"}}, std::move(body), false};
}

net::Response no_content() { return {204, {}, {}, false}; }

base::Result<identity::Email> read_email(const std::string& text) {
  auto email = identity::Email::parse(text);
  if (!email)
    return base::public_error(base::ErrorCode::bad_value, "That does not look like an e-mail address.",
                              "INVALID_EMAIL");
  return *std::move(email);
}

}  // namespace karv::api
