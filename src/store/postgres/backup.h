// PostgreSQL's part of store/backup.h: pg_dump and pg_restore, and databases made, renamed and dropped beside the one
// in the address. The role needs CREATEDB for what makes databases, and owns what it made.
#pragma once

#include <optional>
#include <string>

#include "store/backup.h"

namespace karv::store::postgres {

base::Result<void> copy_to_file(const std::string& address, const std::string& file);
base::Result<std::string> address_beside(const std::string& address, const std::string& suffix);
base::Result<bool> database_exists(const std::string& address);
base::Result<void> make_from_copy(const std::string& file, const std::string& address);
base::Result<void> remove_database(const std::string& address);
base::Result<void> require_unused(const std::string& address);
base::Result<void> rename_database(const std::string& from, const std::string& to,
                                   const std::optional<std::string>& aside);

}  // namespace karv::store::postgres
