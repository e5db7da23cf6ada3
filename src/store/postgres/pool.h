// A bounded number of connections, opened when they are needed. Whoever finds none free waits his turn.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres.h"

namespace karv::store::postgres {

class Pool {
 public:
  Pool(Keywords keywords, const PostgresOptions& options) : keywords_(std::move(keywords)), options_(options) {}

  // A connection for the time of one work; a lost one is not given back.
  class Loan {
   public:
    Loan(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    ~Loan() {
      if (pool_ != nullptr) pool_->give_back(std::move(connection_));
    }
    Loan(Loan&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Loan& operator=(Loan&&) = delete;
    Connection& operator*() const { return *connection_; }
    Connection* operator->() const { return connection_.get(); }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Errors: unavailable (no free connection in time, or none can be made).
  Result<Loan> take() KARV_EXCLUDES(mutex_);
  // Closes the connections that nobody uses: their server is gone, or another one writes now.
  void forget_idle() KARV_EXCLUDES(mutex_);

 private:
  void give_back(std::unique_ptr<Connection> connection) KARV_EXCLUDES(mutex_);

  const Keywords keywords_;
  const PostgresOptions& options_;
  base::Mutex mutex_;
  base::Condition returned_;
  std::vector<std::unique_ptr<Connection>> free_ KARV_GUARDED_BY(mutex_);
  int made_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::store::postgres
