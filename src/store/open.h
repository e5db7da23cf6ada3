// Opens whichever engine an address names; the only header about engines that a process needs.
//
//   /var/lib/karv/server.db                              the embedded engine (SQLite), in this file
//   postgresql://karv@db.example/karv?sslrootcert=...    PostgreSQL (store/postgres/postgres.h says what is taken)
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/database.h"
#include "store/news.h"

namespace karv::store {

struct OpenOptions {
  std::string address;
  StoreUse use = StoreUse::tool;
  int connections = 0;  // that may read at once (PostgreSQL: or write); 0: the engine's own default
  std::function<void(const WriteReport&)> on_write = {};
};

// Whether the address is that of a file rather than of a server.
bool is_file(std::string_view address);

// Errors: unavailable, bad_value; the internal text is a sentence for the operator that says what to do.
Result<std::unique_ptr<Database>> open_database(OpenOptions options);

// The messages between all servers of that database. Errors: bad_value.
Result<std::unique_ptr<News>> open_news(const std::string& address, News::Hear hear);

}  // namespace karv::store
