// The embedded engine: SQLite in WAL mode with synchronous=FULL, one writer with group commit, snapshot readers.
//
// Use: a single server on one machine. Not: several processes writing at a high rate (they would wait for each other's
// file lock; the command line tools may do so now and then). The only other header of this driver that anyone includes
// is store/database.h. How the group commit works, and what happens when the disk is full or lies: store/README.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace karv::store {

struct SqliteOptions {
  std::string path = {};  // made, readable by its owner only, when it does not exist
  StoreUse use = StoreUse::tool;
  int readers = 4;               // snapshot connections
  std::int64_t max_batch = 256;  // requests per fsync
  int wal_limit_pages = 4000;    // 16 MB: the log is copied back between batches when it is longer than this
  int writer_cache_kib = 65536;
  int busy_timeout_ms = 5000;  // how long to wait for another process that writes
  // A server checks the pages of a file up to this size before it serves; a larger one's in the background.
  std::int64_t check_at_start_bytes = 64LL * 1024 * 1024;
  std::string vfs = {};                                   // for tests that break the disk; empty: the system's
  std::function<void(const WriteReport&)> on_write = {};  // called on the worker's thread after its outcome is known
};

// Opens (or makes) the database file. Errors, each with a sentence that says what to do: unavailable (not a database,
// damaged, no permission, in use otherwise), conflict (another server serves it), storage_full.
Result<std::unique_ptr<Database>> open_sqlite(SqliteOptions options);

struct SqliteFindings {
  std::vector<std::string> findings;  // SQLite's words; empty: the file is whole
  std::int64_t bytes = 0;
  std::int64_t tables = 0;
};
// Everything that can be checked without knowing what the rows mean: log, pages, indexes against their tables, foreign
// keys. Changes nothing; a server may be running. Cost: reads the whole file, indexes more than once.
Result<SqliteFindings> check_sqlite(const std::string& path);

}  // namespace karv::store
