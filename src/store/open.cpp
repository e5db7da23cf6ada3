#include "store/open.h"

#include "base/random.h"
#include "store/postgres/address.h"
#include "store/postgres/news.h"
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

Result<std::unique_ptr<News>> open_news(const std::string& address, News::Hear hear) {
  if (is_file(address)) return std::unique_ptr<News>(std::make_unique<LocalNews>(std::move(hear)));
  KARV_TRY(auto keywords, postgres::read_address(address));
  base::SystemRandom random;
  Bytes origin(16);
  random.fill(origin);
  return std::unique_ptr<News>(std::make_unique<postgres::PostgresNews>(std::move(keywords), "karv_news",
                                                                        base::to_hex(origin), std::move(hear)));
}

}  // namespace karv::store
