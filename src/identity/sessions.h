// Customer sessions: random 256-bit session tokens, stored as an HMAC.
//
// portal: a cookie; ends after 30 minutes without use, 12 hours at the latest. checkout: an identity token for one
// payment session, 30 minutes. Lifetimes run on the wall clock: moving the business clock must not sign people out.
// Source: NIST SP 800-63B-4 (AAL2: 24 h and 1 h at most; these are tighter).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/codes.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

inline constexpr base::Duration kPortalIdleLimit = base::minutes(30);
inline constexpr base::Duration kPortalLimit = base::hours(12);
inline constexpr base::Duration kCheckoutLimit = base::minutes(30);
inline constexpr base::Duration kTouchInterval = base::minutes(1);

struct SessionGrant {
  base::SecretBytes
      session_token;  // text: the cookie's or the identity token's value; this is the only time it is seen
  CustomerPrincipal customer;
  base::Instant expires_at;  // wall
};
struct SignIn {
  CodeCheck check;
  std::optional<SessionGrant> grant;  // when the code was right
};
// Checks a mailed code and opens the session its scope asks for; a checkout makes the customer when new.
// Effects: as check_code, then one customer_sessions row (and customer). Cost: two round trips.
base::Result<SignIn> sign_in(store::Tx& tx, const Context& context, const CodeScope& scope, const Email& email,
                             std::string_view code);

struct ActiveSession {
  CustomerPrincipal customer;
  bool touch_due = false;  // the caller should run touch_session, so that the idle limit starts anew
};
// Errors: unauthorized (unknown, ended or expired). Cost: one round trip.
base::Result<ActiveSession> authenticate_portal(store::ReadTx& tx, const Context& context,
                                                std::string_view session_token);
// Also unauthorized when the token was made for another payment session.
base::Result<CustomerPrincipal> authenticate_checkout(store::ReadTx& tx, const Context& context,
                                                      std::string_view session_token, PaymentSessionId session);

// Effects: moves the session's idle limit. Errors: unauthorized. Cost: one round trip.
base::Result<void> touch_session(store::Tx& tx, const Context& context, const CustomerPrincipal& customer);

// Ends the session; one that has ended already is fine. Cost: one round trip.
base::Result<void> sign_out(store::Tx& tx, const Context& context, const CustomerPrincipal& customer);

// Removes sessions, however they ended, whose last possible moment was before (wall), at most `limit`. Answers how
// many. Pre: `expired_before` has come. Cost: one round trip.
base::Result<std::int64_t> forget_old_sessions(store::Tx& tx, const Context& context, base::Instant expired_before,
                                               std::int64_t limit);

struct SessionEntry {
  CustomerSessionId session_id;
  SessionKind kind = SessionKind::portal;
  FactorStrength strength = FactorStrength::mailed_code;
  base::Instant created_at, last_used_at;
};
// The customer's open sessions, newest first. Cost: one round trip.
base::Result<std::vector<SessionEntry>> list_sessions(store::ReadTx& tx, const Context& context,
                                                      CustomerId customer_id);

}  // namespace karv::identity
