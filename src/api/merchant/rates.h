// How often a merchant may call: two categories, each a bucket of one second's calls per merchant, on the wall clock.
//
// Asked once the merchant is known and before any of its work; the answer goes out as X-Ratelimit-Limit, -Remaining and
// -Reset on every answer, and as 429 when there is nothing left. Bounded memory (net/limiter.h). Per process: several
// servers give each their own. Source: merchant API contract, sections 1.3 and 1.4.
#pragma once

#include "base/clock.h"
#include "identity/types.h"
#include "net/http.h"
#include "net/limiter.h"

namespace karv::api::merchant {

enum class RateCategory : std::uint8_t { create_session, other };

class Rates {
 public:
  // Per merchant and second. The defaults are the contract's for live merchants.
  struct Limits {
    int session_creations = 40;
    int calls = 200;
  };
  Rates(const base::Clock& wall, Limits limits);

  struct Verdict {
    bool admitted = false;
    net::Headers headers;
  };
  // Counts one call. Thread-safe.
  Verdict ask(RateCategory category, identity::MerchantId merchant);

 private:
  const Limits limits_;
  net::RateLimiter session_creations_, calls_;
};

// Adds the headers to whatever is answered in the end.
void add_headers(net::Reply& reply, const net::Headers& headers);

}  // namespace karv::api::merchant
