// The Tx and the ReadTx of this driver: a view of one connection that somebody holds for the time of one work.
//
// SqliteTx queues writes as a networked engine would and sends them before the next read or at the end, so that order,
// round trips and failures are the same on both engines. The first failure sticks: whatever the work answers after it,
// the transaction is undone.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "store/sqlite/connection.h"

namespace karv::store::sqlite {

class SqliteReadTx final : public ReadTx {
 public:
  explicit SqliteReadTx(Connection& connection) : connection_(connection) {}
  Result<std::vector<Rows>> read(std::vector<Query> batch) override;

 private:
  Connection& connection_;
};

class SqliteTx final : public Tx {
 public:
  // `alone`: nobody else's writes are in the transaction, so rolling it back is the savepoint.
  SqliteTx(Connection& connection, bool alone) : connection_(connection), alone_(alone) {}

  Result<std::vector<Rows>> read(std::vector<Query> batch) override;
  Result<std::vector<Rows>> read_for_update(std::vector<Query> batch) override { return read(std::move(batch)); }
  void write(Query query, std::int64_t expected_rows) override;
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
  int round_trips() const override { return round_trips_; }
  Result<void> change_schema(std::string_view statement) override;

  // Sends what is queued and runs the checks. Errors: the first failure of this transaction.
  Result<void> finish(const std::vector<CommitCheck>& checks);
  // Keeps what was written as part of the batch.
  Result<void> keep();
  // Undoes what was written. An error means that the whole batch must go.
  Result<void> undo();

  bool wrote() const { return wrote_; }
  const std::optional<base::Error>& failure() const { return failure_; }
  std::vector<std::function<void()>> take_actions() { return std::exchange(actions_, {}); }

 private:
  struct Queued {
    Query query;
    std::int64_t expected_rows;
  };
  Result<void> begin_writing();
  Result<void> flush();
  Result<void> send(const Queued& queued);
  base::Error fail(base::Error error);

  Connection& connection_;
  bool alone_;
  bool wrote_ = false;
  int round_trips_ = 0;
  std::vector<Queued> queue_;
  std::optional<base::Error> failure_;
  std::vector<std::function<void()>> actions_;
};

}  // namespace karv::store::sqlite
