// The terms of a plan as a page: plain, readable, no script.
#pragma once

#include "net/http.h"

namespace karv::api::checkout {

// Path parameter `plan`; the language from ?lang= or Accept-Language. 404 for an unknown plan.
net::Response terms_page(const net::Request& request);

}  // namespace karv::api::checkout
