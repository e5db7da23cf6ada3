#include "store/sqlite/reader_pool.h"

#include <chrono>

#include "base/log.h"
#include "store/sqlite/transaction.h"

namespace karv::store::sqlite {
namespace {

constexpr Sql kBegin = "begin";
constexpr Sql kRollback = "rollback";  // a snapshot has nothing to commit

}  // namespace

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const SqliteOptions& options) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool(options));
  for (int i = 0; i < options.readers; ++i) {
    KARV_TRY(auto connection, Connection::open(options, Role::reader));
    pool->give_back(std::move(connection));
  }
  return pool;
}

Result<void> ReaderPool::run(const std::function<Result<void>(ReadTx&)>& work) {
  KARV_TRY(auto connection, take());
  // Gives the connection back on every way out.
  struct Loan {
    ReaderPool& pool;
    std::unique_ptr<Connection> connection;
    ~Loan() {
      if (connection->in_transaction()) std::ignore = connection->control(kRollback);
      pool.give_back(std::move(connection));
    }
  } loan{*this, std::move(connection)};
  KARV_TRY_VOID(loan.connection->control(kBegin));
  SqliteReadTx tx(*loan.connection);
  return work(tx);
}

Result<std::unique_ptr<Connection>> ReaderPool::take() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.busy_timeout_ms);
  const base::Lock lock(mutex_);
  while (free_.empty()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return base::internal_error(base::ErrorCode::unavailable, "no reader was free in time");
    returned_.wait_for(mutex_, left);
  }
  auto connection = std::move(free_.back());
  free_.pop_back();
  return connection;
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) {
  if (connection->doubtful()) {
    // The old one stays open until the new one is: somebody must hold the shared index of the log.
    if (auto fresh = Connection::open(options_, Role::reader); fresh.ok()) {
      connection = std::move(fresh).value();
      base::log::warn("reader_reopened");
    }
  }
  {
    const base::Lock lock(mutex_);
    free_.push_back(std::move(connection));
  }
  returned_.notify_one();  // without the lock, which whoever wakes would only wait for again
}

}  // namespace karv::store::sqlite
