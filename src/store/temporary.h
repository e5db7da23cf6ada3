// A database file of its own for one test, gone with it. For tests only.
//
//   auto db = store::TemporaryDatabase::create(ledger::migrations());
//   db->write<void>(...)
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/sqlite/sqlite.h"

namespace karv::store {

class TemporaryDatabase {
 public:
  static TemporaryDatabase create(std::span<const Migration> migrations, SqliteOptions options = {}) {
    TemporaryDatabase made;
    std::string folder = (memory_folder() / "karv-test-XXXXXX").string();
    KARV_CHECK(mkdtemp(folder.data()) != nullptr);
    made.folder_ = folder;
    options.path = made.path();
    auto opened = open_sqlite(std::move(options));
    check(opened.ok() ? Result<void>() : opened.error());
    made.database_ = std::move(opened).value();
    check(migrate(*made.database_, migrations));
    return made;
  }
  TemporaryDatabase(TemporaryDatabase&& other) noexcept
      : folder_(std::exchange(other.folder_, {})), database_(std::move(other.database_)) {}
  TemporaryDatabase& operator=(TemporaryDatabase&&) = delete;
  ~TemporaryDatabase() {
    database_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  Database& operator*() const { return *database_; }
  Database* operator->() const { return database_.get(); }
  const std::string& folder() const { return folder_; }
  std::string path() const { return folder_ + "/karv.db"; }
  void close() { database_.reset(); }

 private:
  TemporaryDatabase() = default;
  // Memory where there is some: tests that are not about the disk need not wait for it.
  static std::filesystem::path memory_folder() {
    const std::filesystem::path memory = "/dev/shm";
    return access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }
  static void check(const Result<void>& result) {
    if (!result.ok()) base::log::error("temporary_database_failed", {{"detail", result.error().internal_text()}});
    KARV_CHECK(result.ok());
  }
  std::string folder_;
  std::unique_ptr<Database> database_;
};

}  // namespace karv::store
