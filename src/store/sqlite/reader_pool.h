// Snapshot connections: a read sees the database as of its first query and waits for no writer.
//
// A fixed number; more reads than connections wait their turn, and answer unavailable when it takes too long.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "store/sqlite/connection.h"

namespace karv::store::sqlite {

class ReaderPool {
 public:
  static Result<std::unique_ptr<ReaderPool>> open(const SqliteOptions& options);
  Result<void> run(const std::function<Result<void>(ReadTx&)>& work) KARV_EXCLUDES(mutex_);

 private:
  explicit ReaderPool(const SqliteOptions& options) : options_(options) {}
  Result<std::unique_ptr<Connection>> take() KARV_EXCLUDES(mutex_);
  void give_back(std::unique_ptr<Connection> connection) KARV_EXCLUDES(mutex_);

  const SqliteOptions& options_;
  base::Mutex mutex_;
  base::Condition returned_;
  std::vector<std::unique_ptr<Connection>> free_ KARV_GUARDED_BY(mutex_);
};

}  // namespace karv::store::sqlite
