// One server for one database file: a lock that is held as long as the server lives.
//
// Two servers on one file would each keep counters, caches and a business clock of their own and take turns at every
// commit. The lock is flock(2) on `<file>.lock`, so it ends with the process however that ends: what a kill -9 leaves
// behind is an unlocked file. Command line tools do not take it; SQLite's own locks let them in between batches.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace karv::store::sqlite {

class ServerLock {
 public:
  ServerLock() = default;  // holds nothing
  // Pre: the folder of `database` exists. Errors: conflict (another server has it), unavailable.
  static base::Result<ServerLock> take(const std::string& database);
  ServerLock(ServerLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  ServerLock& operator=(ServerLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~ServerLock();

 private:
  explicit ServerLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace karv::store::sqlite
