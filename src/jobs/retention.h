// How long what nobody needs any more is kept, and why: the one place that says it. The modules delete; the jobs tell
// them up to when. What the law makes us keep (orders, agreements, ledger, audit) has no line here: nothing deletes it.
//
// All of it runs on the wall clock, as do the rules that each period must outlast: a business clock that is moved in
// the sandbox must neither sign anybody out nor let a limit be forgotten.
#pragma once

#include "base/clock.h"
#include "identity/codes.h"
#include "identity/sessions.h"
#include "orders/idempotency.h"

namespace karv::jobs {

// Answers to idempotency keys, from when they were given: a repeat within the replay time gets the first answer, and
// one after it executes anew, whether or not the old row is still there.
inline constexpr base::Duration kKeepReplies = orders::kReplayTime;
static_assert(kKeepReplies >= orders::kReplayTime);

// One-time codes, from their issue: the limits count the codes of a day per address. An hour more, so that a clock
// that is set right does not open a limit early.
inline constexpr base::Duration kKeepCodes = identity::kLongestCodeLimit + base::hours(1);
static_assert(kKeepCodes > identity::kLongestCodeLimit && kKeepCodes > identity::kCodeLifetime);

// Customer sessions, from the moment at which they would have ended at the latest: an ended one must not come back
// before its token is worthless by time alone. Sign-in and sign-out stay in the audit log. A day more, for whoever asks
// today why they had to sign in again.
inline constexpr base::Duration kKeepSessions = base::days(1);
static_assert(kKeepSessions.ms > 0);

// Refused uses of card tokens, from the last one of a count: the rules look at one day, people who ask what happened at
// a quarter. The vault keeps them as long.
inline constexpr base::Duration kKeepTokenRefusals = base::days(90);
static_assert(kKeepTokenRefusals > base::days(1));

}  // namespace karv::jobs
