// Copies of a whole database, made beside whoever uses it, and databases made from such copies. For backups.
//
// A copy is one file: the database as it was at one moment, everything that was answered before it included. SQLite: a
// database file. PostgreSQL: pg_dump's custom format, made and read by PostgreSQL's own programs, which find a password
// in the address's `passfile` and nowhere else.
// Not here: what belongs together, what is proved about a copy, keys (apps/cli/backup).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace karv::store {

// "sqlite" or "postgresql": which engine's copies an address takes.
std::string_view engine_of(const std::string& address);

// `share`: percent. Told now and then; an engine that does not know says nothing.
using CopyProgress = std::function<void(int share)>;

// Copies the database to a new file of mode 0600, durable on return. Writers go on meanwhile.
// Errors: conflict (the file exists), storage_full, unavailable.
base::Result<void> copy_to_file(const std::string& address, const std::string& file, const CopyProgress& progress = {});

// A name beside the address's own that nobody uses: same folder or same database server. Errors: bad_value.
base::Result<std::string> address_beside(const std::string& address, const std::string& suffix);

// Whether there is anything at the address. Errors: unavailable.
base::Result<bool> database_exists(const std::string& address);

// Makes the database from a copy. PostgreSQL: the role needs CREATEDB. Errors: conflict (it exists), storage_full,
// unavailable; what was begun is removed.
base::Result<void> make_from_copy(const std::string& file, const std::string& address);

// For scratch databases. One that is not there is fine.
base::Result<void> remove_database(const std::string& address);

// Errors: conflict, when a server or another program uses it.
base::Result<void> require_unused(const std::string& address);

// Gives the database at `from` the name `to`. With `aside`, what was at `to` gets that name before. Pre: same folder or
// same server; nobody has `from` open. Errors: conflict (`to` exists and there is no `aside`; somebody uses it).
base::Result<void> rename_database(const std::string& from, const std::string& to,
                                   const std::optional<std::string>& aside);

}  // namespace karv::store
