#include "store/sqlite/transaction.h"

#include <fmt/format.h>

#include "store/sqlite/dialect.h"

namespace karv::store::sqlite {
namespace {

constexpr Sql kSavepoint = "savepoint work";
constexpr Sql kRelease = "release work";
constexpr Sql kRollbackTo = "rollback to work";
constexpr Sql kRollback = "rollback";
constexpr Sql kBegin = "begin immediate";

Result<std::vector<Rows>> query_all(Connection& connection, const std::vector<Query>& batch) {
  std::vector<Rows> answers;
  answers.reserve(batch.size());
  for (const auto& query : batch) {
    KARV_TRY(auto rows, connection.query(query));
    answers.push_back(std::move(rows));
  }
  return answers;
}

}  // namespace

Result<std::vector<Rows>> SqliteReadTx::read(std::vector<Query> batch) { return query_all(connection_, batch); }

Result<std::vector<Rows>> SqliteTx::read(std::vector<Query> batch) {
  if (failure_) return *failure_;
  ++round_trips_;
  KARV_TRY_VOID(flush());
  auto answers = query_all(connection_, batch);
  if (!answers.ok()) return fail(answers.error());
  return answers;
}

void SqliteTx::write(Query query, std::int64_t expected_rows) { queue_.push_back({std::move(query), expected_rows}); }

Result<void> SqliteTx::change_schema(std::string_view statement) {
  if (failure_) return *failure_;
  KARV_TRY_VOID(flush());
  KARV_TRY_VOID(begin_writing());
  if (auto done = connection_.run(to_sqlite_schema(statement)); !done.ok()) return fail(done.error());
  return {};
}

Result<void> SqliteTx::begin_writing() {
  if (wrote_) return {};
  if (!alone_)
    if (auto opened = connection_.control(kSavepoint); !opened.ok()) return fail(opened.error());
  wrote_ = true;
  return {};
}

Result<void> SqliteTx::flush() {
  if (failure_) return *failure_;
  if (queue_.empty()) return {};
  KARV_TRY_VOID(begin_writing());
  for (const auto& queued : queue_) KARV_TRY_VOID(send(queued));
  queue_.clear();
  return {};
}

Result<void> SqliteTx::send(const Queued& queued) {
  auto touched = connection_.execute(queued.query);
  if (!touched.ok()) return fail(touched.error());
  if (*touched == queued.expected_rows) return {};
  return fail(base::internal_error(base::ErrorCode::conflict,
                                   fmt::format("expected {} rows, touched {}", queued.expected_rows, *touched)));
}

Result<void> SqliteTx::finish(const std::vector<CommitCheck>& checks) {
  KARV_TRY_VOID(flush());
  if (wrote_) {
    for (const auto& check : checks)
      if (auto holds = check(*this); !holds.ok()) return fail(holds.error());
    KARV_TRY_VOID(flush());
  }
  ++round_trips_;  // the commit
  return {};
}

Result<void> SqliteTx::keep() {
  if (!wrote_ || alone_) return {};
  return connection_.control(kRelease);
}

Result<void> SqliteTx::undo() {
  actions_.clear();
  if (!wrote_) return {};
  if (!alone_) {
    KARV_TRY_VOID(connection_.control(kRollbackTo));
    return connection_.control(kRelease);
  }
  KARV_TRY_VOID(connection_.control(kRollback));
  return connection_.control(kBegin);
}

base::Error SqliteTx::fail(base::Error error) {
  if (!failure_) failure_ = std::move(error);
  queue_.clear();
  return *failure_;
}

}  // namespace karv::store::sqlite
