// The few pages that the server writes itself: terms, and "there is nothing here". Static, no script, own style file.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace karv::api {

std::string escape_html(std::string_view text);
// `body` is markup already.
net::Response html_page(int status, std::string_view language, std::string_view title, std::string_view body);

// The look of those pages, served at /assets/plain.css.
std::string_view plain_css();

}  // namespace karv::api
