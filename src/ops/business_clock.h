// The business clock's offset: stored, so that it survives restarts, and moved in sandbox mode only.
//
// Due dates, expiries and everything a customer would notice follow this clock; TLS, deadlines and rate limits do not.
#pragma once

#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "calendar/period.h"
#include "store/database.h"

namespace karv::ops {

// Beyond it dates leave the calendar that the rest of Karv reckons with.
inline constexpr base::Duration kFurthest = base::days(std::int64_t{50} * 366);

std::span<const store::Migration> migrations();  // 100001..

// Errors: storage's. Cost: one round trip.
base::Result<base::Duration> read_clock_offset(store::Database& database);
// Moves the clock on by `period` from where it stands and stores that. Forward only: a period has no sign.
// Errors: bad_value (further than kFurthest ahead of the wall), storage's.
// Effects: the stored offset; `clock` follows once it is durable. Cost: one round trip.
base::Result<base::Instant> advance_clock(store::Database& database, base::OffsetClock& clock, const base::Clock& wall,
                                          const calendar::Period& period);

}  // namespace karv::ops
