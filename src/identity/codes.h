// One-time codes by mail: six digits that prove somebody reads a mailbox. One factor, never strong authentication.
//
// A code is bound to its purpose, to the payment session it was asked for (checkout) and to the address; stored as an
// HMAC; good for ten minutes of business time, once, for five attempts; a new one voids the old. Requests are limited
// per address and per peer over the stored rows (wall time). Answers never tell whether an account exists: a portal
// code for an unknown address is stored like any other but no mail leaves, and no digits match it.
// Sources: (EU) 2018/389 art. 4(3); NIST SP 800-63B-4 3.1.3.
//
// The checks answer a verdict, not an Error: an Error would undo the transaction and with it the counted attempt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/types.h"
#include "store/database.h"

namespace karv::identity {

struct Context;

enum class CodePurpose : std::uint8_t { checkout, portal };
std::string_view name_of(CodePurpose purpose);

// What a code is good for.
struct CodeScope {
  CodePurpose purpose = CodePurpose::portal;
  PaymentSessionId payment_session;  // nil for the portal
  static CodeScope portal() { return {}; }
  static CodeScope checkout(PaymentSessionId session) { return {CodePurpose::checkout, session}; }
};

inline constexpr base::Duration kCodeLifetime = base::minutes(10);
inline constexpr std::int64_t kCodeAttempts = 5;

// The longest time over which codes are counted (a day per address): their rows are needed that long.
inline constexpr base::Duration kLongestCodeLimit = base::hours(24);

// How many codes may be asked for. Configurable, so that a test bed can raise them.
struct CodeLimits {
  std::int64_t per_email_in_15_minutes = 5;
  std::int64_t per_email_in_a_day = 20;
  std::int64_t per_peer_in_an_hour = 60;
};
struct CodeCounts {
  std::int64_t email_in_15_minutes = 0, email_in_a_day = 0, peer_in_an_hour = 0;
};
// Errors: too_many_requests.
base::Result<void> decide_issue(const CodeCounts& counts, const CodeLimits& limits);

// unusable: no code is open (never asked for, used, voided, expired, or too many attempts): ask for a new one.
enum class CodeVerdict : std::uint8_t { right, wrong, unusable };
struct CodeCheck {
  CodeVerdict verdict = CodeVerdict::unusable;
  std::int64_t attempts_left = 0;
};
struct StoredCode {
  std::int64_t attempts = 0;  // made so far
  base::Instant expires_at;
  bool matches = false;  // whether the digits given are this code's
};
// Pure: judges an attempt at an open code. The fifth wrong attempt leaves none.
CodeCheck decide_attempt(const StoredCode& code, base::Instant business_now);
// The refusal to answer with: WRONG_CODE or CODE_EXPIRED. Pre: not right.
base::Error refusal_of(const CodeCheck& check);

struct CodeRequest {
  CodeScope scope;
  Email email;
  std::string peer;  // network address of whoever asks
  Language language = Language::en;
  std::string merchant_name;  // named in the mail; empty for the portal
};
// Issues a code. The mail goes to the caller's outbox in the same transaction; empty when none must be sent.
// Effects: one one_time_codes row; older codes of the scope voided. Errors: too_many_requests. Cost: one round trip.
base::Result<std::optional<MailToSend>> issue_code(store::Tx& tx, const Context& context, const CodeRequest& request);

// Spends one attempt. Effects: the code is used, counted or dead. Cost: one round trip.
base::Result<CodeCheck> check_code(store::Tx& tx, const Context& context, const CodeScope& scope, const Email& email,
                                   std::string_view code);

// Removes codes that were issued before (wall), at most `limit`. Answers how many. Pre: no limit counts them any more.
// Cost: one round trip.
base::Result<std::int64_t> forget_old_codes(store::Tx& tx, const Context& context, base::Instant issued_before,
                                            std::int64_t limit);

}  // namespace karv::identity
