#include "api/merchant/rates.h"

#include <algorithm>

#include <fmt/format.h>

namespace karv::api::merchant {
namespace {

std::int64_t whole_seconds(base::Duration duration) {
  return std::max<std::int64_t>(1, (duration.ms + base::seconds(1).ms - 1) / base::seconds(1).ms);
}

}  // namespace

Rates::Rates(const base::Clock& wall, Limits limits)
    : limits_(limits),
      session_creations_(wall, net::RateLimiter::per(base::seconds(1), limits.session_creations)),
      calls_(wall, net::RateLimiter::per(base::seconds(1), limits.calls)) {}

Rates::Verdict Rates::ask(RateCategory category, identity::MerchantId merchant) {
  const bool opens = category == RateCategory::create_session;
  const int limit = opens ? limits_.session_creations : limits_.calls;
  const auto counted = (opens ? session_creations_ : calls_).ask(base::as_text(merchant.view()));
  return {counted.admitted,
          {{"X-Ratelimit-Limit", fmt::format("{}, {};w=1", limit, limit)},
           {"X-Ratelimit-Remaining", fmt::to_string(counted.remaining)},
           {"X-Ratelimit-Reset", fmt::to_string(whole_seconds(counted.full_after))}}};
}

void add_headers(net::Reply& reply, const net::Headers& headers) {
  const auto add = [&](net::Headers& to) {
    for (const auto& header : headers.all()) to.add(header.name, header.value);
  };
  if (auto* response = std::get_if<net::Response>(&reply)) {
    add(response->headers);
  } else if (auto* stream = std::get_if<net::EventStream>(&reply)) {
    add(stream->headers);
  } else {
    auto& call = *std::get<std::unique_ptr<net::Call>>(reply);
    call.then = [then = std::move(call.then), headers](net::CallOutcome outcome) {
      net::Reply next = then(std::move(outcome));
      add_headers(next, headers);
      return next;
    };
  }
}

}  // namespace karv::api::merchant
