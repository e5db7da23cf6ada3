// The Tx and the ReadTx of this driver: a view of one connection that somebody holds for the time of one work.
//
// PostgresTx queues writes and sends them with the next read, or with the commit. Each write that may touch another
// number of rows than expected is made to fail by itself, so that the COMMIT behind it in the same pipeline does not
// happen. With the writes goes a row that names this attempt: if the answer of the commit is lost, that row says how it
// ended.
#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/id.h"
#include "store/postgres/connection.h"

namespace karv::store::postgres {

struct AttemptTag;
using AttemptId = base::Id<AttemptTag>;

class PostgresReadTx final : public ReadTx {
 public:
  explicit PostgresReadTx(Connection& connection) : connection_(connection) {}
  ~PostgresReadTx() override;
  Result<std::vector<Rows>> read(std::vector<Query> batch) override;

 private:
  Connection& connection_;
  bool begun_ = false;
};

class PostgresTx final : public Tx {
 public:
  // `mark`: whether the database has the table of attempts (it is made with the first migration).
  PostgresTx(Connection& connection, AttemptId attempt, bool mark)
      : connection_(connection), attempt_(attempt), mark_(mark) {}
  ~PostgresTx() override;

  Result<std::vector<Rows>> read(std::vector<Query> batch) override;
  Result<std::vector<Rows>> read_for_update(std::vector<Query> batch) override;
  void write(Query query, std::int64_t expected_rows) override;
  void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
  int round_trips() const override { return round_trips_; }
  Result<void> change_schema(std::string_view statement) override;

  // Runs the checks, sends what is queued, commits. Errors: the first failure of this transaction.
  Result<void> commit(const std::vector<CommitCheck>& checks);

  // After a failed commit(): whether it may have happened all the same.
  bool in_doubt() const { return in_doubt_; }
  bool changed_schema() const { return schema_locked_; }
  // Whether its writes were decided on what it read; if not, the same work writes the same again.
  bool has_read() const { return has_read_; }
  // After any failure: the engine's, if there was one.
  const std::optional<Failure>& failure() const { return failure_; }
  std::vector<std::function<void()>> take_actions() { return std::exchange(actions_, {}); }

 private:
  struct Queued {
    Query query;
    std::int64_t expected_rows;
  };
  std::vector<Command> opening();
  base::Error fail();

  Connection& connection_;
  const AttemptId attempt_;
  const bool mark_;
  bool begun_ = false;
  bool has_read_ = false;
  bool wrote_ = false;
  bool finished_ = false;
  bool schema_locked_ = false;
  bool in_doubt_ = false;
  int round_trips_ = 0;
  std::vector<Queued> queue_;
  std::vector<Value> mark_parameters_;
  std::optional<Failure> failure_;
  std::vector<std::function<void()>> actions_;
};

// Finds out how an attempt ended whose commit went unanswered, and makes sure that it stays so: true when it is
// committed; false when it never will be. Errors: unavailable when the database does not say.
Result<bool> find_out(Connection& connection, AttemptId attempt, AttemptId own);

}  // namespace karv::store::postgres
