#include "store/open.h"

#include "store/postgres/address.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"

namespace karv::store {

bool is_file(std::string_view address) { return !postgres::is_address(address); }

Result<std::unique_ptr<Database>> open_database(OpenOptions options) {
  if (is_file(options.address)) {
    SqliteOptions sqlite{
        .path = std::move(options.address), .use = options.use, .on_write = std::move(options.on_write)};
    if (options.connections > 0) sqlite.readers = options.connections;
    return open_sqlite(std::move(sqlite));
  }
  PostgresOptions postgres{.address = std::move(options.address), .on_write = std::move(options.on_write)};
  if (options.connections > 0) postgres.connections = options.connections;
  return open_postgres(std::move(postgres));
}

}  // namespace karv::store
