// A database of its own for one test, gone with it, on the engine that KARV_TEST_ENGINE names (sqlite when it names
// none; ctest runs the tests of most modules on both). For tests only.
//
//   auto db = store::TemporaryDatabase::create(ledger::migrations());
//   db->write<void>(...)
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/postgres/cluster_for_test.h"
#include "store/postgres/postgres.h"
#include "store/sqlite/sqlite.h"
#include "store/watched_for_test.h"

namespace karv::store {

inline bool testing_on_postgres() {
  const char* engine = std::getenv("KARV_TEST_ENGINE");
  return engine != nullptr && std::string_view(engine) == "postgres";
}

class TemporaryDatabase {
 public:
  static TemporaryDatabase create(std::span<const Migration> migrations,
                                  std::function<void(const WriteReport&)> on_write = {}) {
    TemporaryDatabase made;
    if (testing_on_postgres()) made.schema_ = postgres::ClusterForTest::shared().make_schema();
    made.on_write_ = std::move(on_write);
    if (made.schema_.empty()) made.make_folder();
    made.reopen();
    check(migrate(*made.database_, migrations));
    return made;
  }
  // For what only the embedded engine has: a file, whatever engine is tested.
  static TemporaryDatabase create_file(std::span<const Migration> migrations, SqliteOptions options = {}) {
    TemporaryDatabase made;
    made.make_folder();
    options.path = made.path();
    made.on_write_ = options.on_write;
    auto opened = open_sqlite(std::move(options));
    check(opened.ok() ? Result<void>() : opened.error());
    made.database_ = std::move(opened).value();
    check(migrate(*made.database_, migrations));
    return made;
  }
  TemporaryDatabase(TemporaryDatabase&& other) noexcept
      : folder_(std::exchange(other.folder_, {})),
        schema_(std::exchange(other.schema_, {})),
        on_write_(std::move(other.on_write_)),
        database_(std::move(other.database_)),
        watched_(std::exchange(other.watched_, nullptr)) {}
  TemporaryDatabase& operator=(TemporaryDatabase&&) = delete;
  ~TemporaryDatabase() {
    database_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  Database& operator*() const { return *database_; }
  Database* operator->() const { return database_.get(); }
  void close() {
    watched_ = nullptr;
    database_.reset();
  }
  // As a process that was started anew would. Pre: closed.
  void reopen() {
    auto opened = open();
    check(opened.ok() ? Result<void>() : opened.error());
    auto watched = std::make_unique<WatchedDatabase>(std::move(opened).value());
    watched_ = watched.get();
    database_ = std::move(watched);
  }
  // Tells every statement from here on. Pre: made by create().
  void watch(Watcher watcher) { watched_->watch(std::move(watcher)); }
  // Another connection to the same database, as a second process would have.
  Result<std::unique_ptr<Database>> open() const {
    if (schema_.empty()) return open_sqlite({.path = path(), .on_write = on_write_});
    return open_postgres({.address = postgres::ClusterForTest::shared().address(),
                          .connections = 8,
                          .schema = schema_,
                          .on_write = on_write_});
  }

  // Of the embedded engine only.
  const std::string& folder() const { return folder_; }
  std::string path() const { return folder_ + "/karv.db"; }
  // Of PostgreSQL only.
  const std::string& schema() const { return schema_; }

 private:
  TemporaryDatabase() = default;
  // Memory where there is some: tests that are not about the disk need not wait for it.
  void make_folder() {
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    folder_ = (parent / "karv-test-XXXXXX").string();
    KARV_CHECK(mkdtemp(folder_.data()) != nullptr);
  }
  static void check(const Result<void>& result) {
    if (!result.ok()) base::log::error("temporary_database_failed", {{"detail", result.error().internal_text()}});
    KARV_CHECK(result.ok());
  }
  std::string folder_;
  std::string schema_;
  std::function<void(const WriteReport&)> on_write_;
  std::unique_ptr<Database> database_;
  WatchedDatabase* watched_ = nullptr;  // the same, when it can be watched
};

}  // namespace karv::store
