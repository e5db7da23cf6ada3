#include "store/postgres/pool.h"

#include <chrono>

namespace karv::store::postgres {

Result<Pool::Loan> Pool::take() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.patience.ms);
  {
    const base::Lock lock(mutex_);
    while (free_.empty() && made_ >= options_.connections) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0)
        return base::internal_error(base::ErrorCode::unavailable, "no database connection was free in time");
      returned_.wait_for(mutex_, left);
    }
    if (!free_.empty()) {
      auto connection = std::move(free_.back());
      free_.pop_back();
      return Loan(*this, std::move(connection));
    }
    ++made_;
  }
  auto opened = Connection::open(keywords_, options_.schema, options_.answer_limit);
  if (!opened.ok()) {
    const base::Lock lock(mutex_);
    --made_;
    returned_.notify_one();
    return std::move(opened).error();
  }
  return Loan(*this, std::move(opened).value());
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (connection && connection->lost()) connection.reset();
  {
    const base::Lock lock(mutex_);
    if (connection)
      free_.push_back(std::move(connection));
    else
      --made_;
  }
  returned_.notify_one();  // without the lock, which whoever wakes would only wait for again
}

void Pool::forget_idle() {
  std::vector<std::unique_ptr<Connection>> idle;
  const base::Lock lock(mutex_);
  idle.swap(free_);
  made_ -= static_cast<int>(idle.size());
  returned_.notify_all();
}

}  // namespace karv::store::postgres
