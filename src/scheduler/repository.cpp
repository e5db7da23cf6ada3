#include "scheduler/repository.h"

#include <array>
#include <span>

#include "scheduler/scheduler.h"

namespace karv::scheduler {
namespace {

using base::Result;
using store::Sql;

constexpr std::string_view kCreateJobs =
    "create table scheduler_jobs ("
    " name TEXT primary key,"
    " next_run BIGINT not null,"
    " retry_at BIGINT not null,"
    " lease_until BIGINT not null,"
    " fence BIGINT not null check (fence >= 0),"
    " attempts BIGINT not null check (attempts >= 0),"
    " last_error TEXT not null)";

constexpr Sql kFindAll = "select name, next_run, retry_at, lease_until, fence, attempts from scheduler_jobs";
constexpr Sql kFindOne =
    "select name, next_run, retry_at, lease_until, fence, attempts from scheduler_jobs where name = $1";
constexpr Sql kInsert =
    "insert into scheduler_jobs (name, next_run, retry_at, lease_until, fence, attempts, last_error)"
    " values ($1, $2, 0, 0, 0, 0, '')";
constexpr Sql kClaim = "update scheduler_jobs set lease_until = $1, fence = $2 where name = $3 and fence = $4";
constexpr Sql kRelease = "update scheduler_jobs set lease_until = 0 where name = $1 and fence = $2";
constexpr Sql kExtend = "update scheduler_jobs set lease_until = $1 where name = $2 and fence = $3 and lease_until > 0";
constexpr Sql kSucceed =
    "update scheduler_jobs set next_run = $1, retry_at = 0, lease_until = 0, attempts = 0, last_error = ''"
    " where name = $2 and fence = $3";
constexpr Sql kFail =
    "update scheduler_jobs set retry_at = $1, lease_until = 0, attempts = $2, last_error = $3"
    " where name = $4 and fence = $5";

repository::Schedule schedule_of(const store::Row& row) {
  return {.next_run = {row.integer(1)},
          .retry_at = {row.integer(2)},
          .lease_until = {row.integer(3)},
          .fence = row.integer(4),
          .attempts = row.integer(5)};
}

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 1> all{{{3001, "scheduler", {kCreateJobs}}}};
  return all;
}

namespace repository {

Result<std::map<std::string, Schedule>> read_all(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindAll, {}}));
  std::map<std::string, Schedule> all;
  for (const auto& row : rows) all.emplace(row.text(0), schedule_of(row));
  return all;
}

Result<bool> holds(store::ReadTx& tx, std::string_view name, std::int64_t fence) {
  KARV_TRY(const auto rows, tx.read_one({kFindOne, {name}}));
  if (rows.empty()) return false;
  const Schedule schedule = schedule_of(rows[0]);
  return schedule.fence == fence && schedule.lease_until.ms > 0;
}

Result<std::optional<Schedule>> read_for_update(store::Tx& tx, std::string_view name) {
  KARV_TRY(const auto answers, tx.read_for_update({{kFindOne, {name}}}));
  if (answers.at(0).empty()) return std::optional<Schedule>();
  return std::optional(schedule_of(answers[0][0]));
}

void insert(store::Tx& tx, std::string_view name, base::Instant next_run) {
  tx.write({kInsert, {name, next_run.ms}}, 1);
}

void claim(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant lease_until) {
  tx.write({kClaim, {lease_until.ms, fence + 1, name, fence}}, 1);
}

void release(store::Tx& tx, std::string_view name, std::int64_t fence) { tx.write({kRelease, {name, fence}}, 1); }

void extend(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant lease_until) {
  tx.write({kExtend, {lease_until.ms, name, fence}}, 1);
}

void succeed(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant next_run) {
  tx.write({kSucceed, {next_run.ms, name, fence}}, 1);
}

void fail(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant retry_at, std::int64_t attempts,
          std::string_view error) {
  tx.write({kFail, {retry_at.ms, attempts, error, name, fence}}, 1);
}

}  // namespace repository
}  // namespace karv::scheduler
