// One row per committed write: what says, when the answer of a commit was lost, whether it happened.
//
// A row with the attempt's random id is written in the same transaction. Whoever lost the answer tries to write that
// row himself: taken means committed; written means that the attempt can never commit any more. This needs nothing of
// the engine but a unique key: it also holds after a fail-over (a transaction number would be given out again) and on
// engines that speak PostgreSQL's protocol but have no such numbers.
#pragma once

#include "store/database.h"

namespace karv::store::postgres {

// For find_out(): answers a row when the id was free.
inline constexpr Sql kClaimAttempt =
    "insert into store_attempts (attempt_id) values ($1) on conflict (attempt_id) do nothing returning 1";
inline constexpr Sql kInsertAttempt = "insert into store_attempts (attempt_id) values ($1)";
// Some of the attempts older than an id: their outcome is long known.
inline constexpr Sql kForgetAttempts =
    "delete from store_attempts where attempt_id in"
    " (select attempt_id from store_attempts where attempt_id < $1 order by attempt_id limit $2)";
inline constexpr Sql kHaveAttempts = "select to_regclass('store_attempts') is not null";

inline constexpr const char* kCreateAttempts =
    "create table if not exists store_attempts (attempt_id BYTEA primary key)";

}  // namespace karv::store::postgres
