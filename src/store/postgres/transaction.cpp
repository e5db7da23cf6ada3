#include "store/postgres/transaction.h"

#include <algorithm>

#include "base/check.h"
#include "store/postgres/attempts.h"

namespace karv::store::postgres {
namespace {

constexpr std::string_view kBegin = "begin";
constexpr std::string_view kBeginSnapshot = "begin isolation level repeatable read read only";
constexpr std::string_view kCommit = "commit";
constexpr std::string_view kRollback = "rollback";
// One schema change at a time, whichever server makes it. The number is the word "karv".
constexpr const char* kLockSchema = "select pg_advisory_xact_lock(1801548406)";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  return text;
}

// An insert of values touches the rows it names or fails by itself; everything else is counted.
bool touches_for_sure(std::string_view text) {
  return trimmed(text).starts_with("insert into") && text.find("values (") != std::string_view::npos &&
         text.find("on conflict") == std::string_view::npos;
}

Command command_of(const Query& query) {
  return {.text = query.sql.text(),
          .parameters = &query.parameters,
          .form = query.for_update ? Form::locking : Form::as_written};
}

// As the other engine finds it out by itself.
Result<void> check_reads(const std::vector<Query>& batch) {
  for (const auto& query : batch) {
    const std::string_view text = trimmed(query.sql.text());
    if (!text.starts_with("select") && !text.starts_with("with"))
      return base::internal_error(base::ErrorCode::internal, "read() is for queries that change nothing");
  }
  return {};
}

}  // namespace

PostgresReadTx::~PostgresReadTx() {
  if (begun_) connection_.send_and_forget(kRollback);  // a snapshot has nothing to commit
}

Result<std::vector<Rows>> PostgresReadTx::read(std::vector<Query> batch) {
  KARV_TRY_VOID(check_reads(batch));
  std::vector<Command> commands;
  commands.reserve(batch.size() + 1);
  const std::size_t first = begun_ ? 0 : 1;
  if (!begun_) commands.push_back({.text = kBeginSnapshot, .parameters = nullptr});
  for (const auto& query : batch) commands.push_back(command_of(query));
  begun_ = true;
  KARV_TRY(auto answers, connection_.round_trip(commands));
  answers.erase(answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(first));
  return answers;
}

PostgresTx::~PostgresTx() {
  if (begun_ && !finished_) connection_.send_and_forget(kRollback);
}

// BEGIN, when it is still due, and what is queued.
std::vector<Command> PostgresTx::opening() {
  std::vector<Command> commands;
  commands.reserve(queue_.size() + 4);
  if (!begun_) commands.push_back({.text = kBegin, .parameters = nullptr});
  begun_ = true;
  for (const auto& queued : queue_) {
    const std::string_view text = queued.query.sql.text();
    const bool sure = touches_for_sure(text);
    commands.push_back({.text = text,
                        .parameters = &queued.query.parameters,
                        .form = sure ? Form::as_written : Form::counted,
                        .expected_rows = queued.expected_rows});
  }
  return commands;
}

base::Error PostgresTx::fail() {
  if (!failure_) failure_ = connection_.failure();
  KARV_REQUIRE(failure_.has_value());
  queue_.clear();
  return failure_->error;
}

Result<std::vector<Rows>> PostgresTx::read_for_update(std::vector<Query> batch) {
  for (auto& query : batch) query.for_update = true;
  return read(std::move(batch));
}

Result<std::vector<Rows>> PostgresTx::read(std::vector<Query> batch) {
  if (failure_) return failure_->error;
  if (auto reads = check_reads(batch); !reads.ok()) {
    failure_ = Failure{.error = reads.error(), .state = "ours"};
    return failure_->error;
  }
  ++round_trips_;
  has_read_ = true;
  auto commands = opening();
  const std::size_t before = commands.size();
  for (const auto& query : batch) commands.push_back(command_of(query));
  auto answers = connection_.round_trip(commands);
  if (!answers.ok()) return fail();
  queue_.clear();
  answers->erase(answers->begin(), answers->begin() + static_cast<std::ptrdiff_t>(before));
  return answers;
}

void PostgresTx::write(Query query, std::int64_t expected_rows) {
  wrote_ = true;
  queue_.push_back({std::move(query), expected_rows});
}

Result<void> PostgresTx::change_schema(std::string_view statement) {
  if (failure_) return failure_->error;
  auto sent = connection_.round_trip(opening());
  if (!sent.ok()) return fail();
  queue_.clear();
  wrote_ = true;
  if (!schema_locked_)
    for (const auto* text : {kLockSchema, kCreateAttempts})
      if (auto done = connection_.run_once(text); !done.ok()) return fail();
  schema_locked_ = true;
  if (auto changed = connection_.run_once(std::string(statement)); !changed.ok()) return fail();
  return {};
}

Result<void> PostgresTx::commit(const std::vector<CommitCheck>& checks) {
  if (failure_) return failure_->error;
  if (wrote_)
    for (const auto& check : checks) KARV_TRY_VOID(check(*this));
  if (failure_) return failure_->error;
  ++round_trips_;
  if (!wrote_) return {};  // the destructor gives the snapshot and its locks back
  auto commands = opening();
  if (mark_ || schema_locked_) {
    mark_parameters_ = {Value(attempt_)};
    commands.push_back({.text = kInsertAttempt.text(), .parameters = &mark_parameters_});
  }
  commands.push_back({.text = kCommit, .parameters = nullptr});
  finished_ = true;
  auto answers = connection_.round_trip(commands);
  if (answers.ok() && !connection_.warned()) return {};
  // Refused by the server before the end: nothing happened. A warning at the end (the standby was not waited for), or
  // a lost connection, leaves it open.
  in_doubt_ = answers.ok() || connection_.lost();
  if (answers.ok())
    return base::internal_error(base::ErrorCode::unknown_outcome, "the server warned instead of confirming the commit");
  finished_ = false;  // the transaction is still open, in failure
  return fail();
}

Result<bool> find_out(Connection& connection, AttemptId attempt, AttemptId own) {
  const std::vector<Value> theirs{Value(attempt)};
  const std::vector<Value> ours{Value(own)};
  // Waits for the attempt's transaction, if it still runs. Our own row makes this commit one that waits for the disk
  // and the standbys, and with it, since the log is in order, for the attempt.
  KARV_TRY(const auto taken, connection.round_trip({{.text = kBegin, .parameters = nullptr},
                                                    {.text = kInsertAttempt.text(), .parameters = &ours},
                                                    {.text = kClaimAttempt.text(), .parameters = &theirs},
                                                    {.text = kCommit, .parameters = nullptr}}));
  if (connection.warned())
    return base::internal_error(base::ErrorCode::unavailable, "the server warned instead of confirming the lookup");
  return taken.at(2).empty();
}

}  // namespace karv::store::postgres
