// What the benchmarks share: a folder on the disk, a raw SQLite connection as the limit to measure against,
// percentiles.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sqlite3.h>
#include <time.h>

#include "base/check.h"

namespace karv::bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Processor time of this process. Unlike the wall clock it says little about who else uses the machine.
inline double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

inline double percentile(std::vector<double>& sorted_in_place, double share) {
  if (sorted_in_place.empty()) return 0;
  std::sort(sorted_in_place.begin(), sorted_in_place.end());
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted_in_place.size() - 1));
  return sorted_in_place[at];
}

// On a real disk, not in memory: the fsync is the point.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& parent = std::filesystem::temp_directory_path())
      : path_((parent / "karv-bench-XXXXXX").string()) {
    KARV_CHECK(mkdtemp(path_.data()) != nullptr);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// SQLite without anything of ours in between, with the same settings as the driver.
class Bare {
 public:
  explicit Bare(const std::string& path) {
    KARV_CHECK(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                               nullptr) == SQLITE_OK);
    run("pragma journal_mode = wal");
    run("pragma synchronous = full");
    run("pragma temp_store = memory");
    run("pragma cache_size = -65536");
    run("pragma secure_delete = on");
    run("pragma wal_autocheckpoint = 4000");
  }
  ~Bare() {
    for (auto* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void run(const std::string& text) {
    KARV_CHECK(sqlite3_exec(db_, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  sqlite3* handle() const { return db_; }
  sqlite3_stmt* prepare(std::string_view text) {
    sqlite3_stmt* statement = nullptr;
    KARV_CHECK(sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                  &statement, nullptr) == SQLITE_OK);
    statements_.push_back(statement);
    return statement;
  }

 private:
  sqlite3* db_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

}  // namespace karv::bench
