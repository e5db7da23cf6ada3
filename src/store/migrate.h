// Bringing a database's schema to the version that the program knows, and refusing any other.
//
// Every migration is applied in a transaction of its own and recorded with the SHA-256 of its text. A recorded number
// that the program does not know (a newer program was here), or a text that differs, is refused: nobody guesses about a
// schema with money in it. Production runs migrate() by an explicit command; the server calls require_schema().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/database.h"

namespace karv::store {

// No migration: while this number is recorded, the database is a copy that is not whole yet (store/copy/marker.h). A
// program that does not know it refuses the database all the same.
inline constexpr std::int64_t kUnfinishedCopy = 1999;
inline constexpr std::string_view kUnfinishedCopyRefused =
    "the database is a copy that was broken off: run the same `karv store copy` again, which goes on where it ended, "
    "or "
    "give this program another database";

// The migrations of this module: the outbox.
std::span<const Migration> migrations();

// Joins the modules' lists, ordered by number. Pre: numbers are unique.
std::vector<Migration> all_migrations(std::initializer_list<std::span<const Migration>> modules);

// Applies what is missing, in the order given, and tells `applied` about each once it is durable.
// Errors: not_allowed (unknown or changed migration recorded).
Result<void> migrate(Database& database, std::span<const Migration> migrations,
                     const std::function<void(const Migration&)>& applied = {});

enum class MigrationState : std::uint8_t {
  applied,
  pending,
  unknown,  // recorded, but not of this program: a newer one was here
  changed,  // recorded with another text: another build was here
};
struct MigrationStatus {
  std::int64_t number = 0;
  std::string name;
  MigrationState state = MigrationState::pending;
  std::optional<base::Instant> applied_at;  // none: pending, or applied before the times were kept
};
// What is recorded and what the program knows, ordered by number. Changes nothing. A database without the record of
// migrations has all of them pending. Errors: unavailable.
Result<std::vector<MigrationStatus>> migration_status(Database& database, std::span<const Migration> migrations);

// Errors: not_allowed (unknown, changed or missing migration).
Result<void> require_schema(Database& database, std::span<const Migration> migrations);

}  // namespace karv::store
