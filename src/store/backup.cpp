#include "store/backup.h"

#include "store/open.h"
#include "store/postgres/backup.h"
#include "store/sqlite/backup.h"

namespace karv::store {

using base::Result;

std::string_view engine_of(const std::string& address) { return is_file(address) ? "sqlite" : "postgresql"; }

Result<void> copy_to_file(const std::string& address, const std::string& file, const CopyProgress& progress) {
  return is_file(address) ? sqlite::copy_to_file(address, file, progress) : postgres::copy_to_file(address, file);
}
Result<std::string> address_beside(const std::string& address, const std::string& suffix) {
  if (is_file(address)) return address + "." + suffix;
  return postgres::address_beside(address, suffix);
}
Result<bool> database_exists(const std::string& address) {
  if (is_file(address)) return sqlite::database_exists(address);
  return postgres::database_exists(address);
}
Result<void> make_from_copy(const std::string& file, const std::string& address) {
  return is_file(address) ? sqlite::make_from_copy(file, address) : postgres::make_from_copy(file, address);
}
Result<void> remove_database(const std::string& address) {
  return is_file(address) ? sqlite::remove_database(address) : postgres::remove_database(address);
}
Result<void> require_unused(const std::string& address) {
  return is_file(address) ? sqlite::require_unused(address) : postgres::require_unused(address);
}
Result<void> rename_database(const std::string& from, const std::string& to, const std::optional<std::string>& aside) {
  return is_file(to) ? sqlite::rename_database(from, to, aside) : postgres::rename_database(from, to, aside);
}

}  // namespace karv::store
