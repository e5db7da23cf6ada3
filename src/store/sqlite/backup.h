// SQLite's part of store/backup.h: the online backup interface on one snapshot, and files that are renamed when whole.
#pragma once

#include <optional>
#include <string>

#include "store/backup.h"

namespace karv::store::sqlite {

base::Result<void> copy_to_file(const std::string& path, const std::string& file, const CopyProgress& progress);
bool database_exists(const std::string& path);  // the file, or a log without its file
base::Result<void> make_from_copy(const std::string& file, const std::string& path);
base::Result<void> remove_database(const std::string& path);
base::Result<void> require_unused(const std::string& path);
base::Result<void> rename_database(const std::string& from, const std::string& to,
                                   const std::optional<std::string>& aside);

}  // namespace karv::store::sqlite
