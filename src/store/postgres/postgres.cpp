#include "store/postgres/postgres.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "store/in_transaction.h"
#include "store/postgres/attempts.h"
#include "store/postgres/pool.h"
#include "store/postgres/transaction.h"

namespace karv::store {
namespace {

using base::ErrorCode;
using base::internal_error;
using postgres::AttemptId;
using postgres::Pool;
using postgres::PostgresReadTx;
using postgres::PostgresTx;

constexpr std::int64_t kFirstPauseMs = 2;
constexpr std::int64_t kLongestPauseMs = 200;
constexpr std::int64_t kForgetEvery = 1000;   // commits
constexpr std::int64_t kForgetAtOnce = 2000;  // rows
constexpr base::Duration kForgetAfter = base::hours(24);

void rest(base::Duration pause) { std::this_thread::sleep_for(std::chrono::milliseconds(pause.ms)); }

class PostgresDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(PostgresOptions options) {
    KARV_TRY(auto keywords, postgres::read_address(options.address));
    std::unique_ptr<PostgresDatabase> database(new PostgresDatabase(std::move(options), std::move(keywords)));
    KARV_TRY(auto connection, database->pool_.take());
    KARV_TRY(const auto answers,
             connection->round_trip({{.text = postgres::kHaveAttempts.text(), .parameters = nullptr}}));
    database->marks_ = answers.at(0).at(0).integer(0) != 0;
    return std::unique_ptr<Database>(std::move(database));
  }

  void add_commit_check(CommitCheck check) override { checks_.push_back(std::move(check)); }

 protected:
  Result<void> run_write(std::string_view use_case, const std::function<Result<void>(Tx&)>& work) override {
    const InTransaction here(this);
    for (int attempt = 1;; ++attempt) {
      Outcome outcome = try_write(use_case, work);
      if (outcome.thrown) std::rethrow_exception(outcome.thrown);
      if (!outcome.again || attempt >= options_.attempts) return std::move(outcome.result);
      base::log::debug("write_again", {{"use_case", use_case}, {"why", outcome.result.error().internal_text()}});
      rest(pause_after(attempt));
    }
  }

  Result<void> run_read(std::string_view, const std::function<Result<void>(ReadTx&)>& work) override {
    const InTransaction here(this);
    for (int attempt = 1;; ++attempt) {
      KARV_TRY(auto connection, pool_.take());
      Result<void> done;
      {
        PostgresReadTx tx(*connection);
        done = work(tx);
      }
      if (!connection->lost()) return done;
      pool_.forget_idle();
      if (attempt >= 2) return internal_error(ErrorCode::unavailable, "the database connection was lost");
    }
  }

 private:
  struct Outcome {
    Result<void> result;
    bool again = false;  // nothing happened, and another try may succeed
    std::exception_ptr thrown = nullptr;
  };

  PostgresDatabase(PostgresOptions options, postgres::Keywords keywords)
      : options_(std::move(options)), pool_(std::move(keywords), options_) {}

  Outcome try_write(std::string_view use_case, const std::function<Result<void>(Tx&)>& work) {
    auto connection = pool_.take();
    if (!connection.ok()) return {.result = std::move(connection).error()};
    const AttemptId attempt = new_attempt();
    Outcome outcome;
    bool in_doubt = false;
    {
      PostgresTx tx(**connection, attempt, marks_);
      try {
        outcome.result = work(tx);
        if (outcome.result.ok()) outcome.result = tx.commit(checks_);
      } catch (...) {
        outcome.thrown = std::current_exception();
        return outcome;
      }
      if (outcome.result.ok()) return succeed(use_case, tx);
      in_doubt = tx.in_doubt();
      if (!in_doubt) outcome.again = may_try_again(tx, **connection);
      if (in_doubt) outcome = settle(use_case, tx, attempt);
    }
    if (!outcome.result.ok()) report(use_case, 0, false);
    return outcome;
  }

  Outcome succeed(std::string_view use_case, PostgresTx& tx) {
    if (tx.changed_schema()) marks_ = true;
    for (const auto& action : tx.take_actions()) {
      try {
        action();
      } catch (const std::exception& e) {
        base::log::error("after_commit_failed", {{"what", e.what()}});
      }
    }
    report(use_case, tx.round_trips(), true);
    if (++commits_ % kForgetEvery == 0) forget_old_attempts();
    return {};
  }

  // The answer of the commit is missing: nobody is told anything, and nothing is repeated, before it is known.
  Outcome settle(std::string_view use_case, PostgresTx& tx, AttemptId attempt) {
    base::log::warn("commit_in_doubt", {{"use_case", use_case}});
    pool_.forget_idle();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.lookup_limit.ms);
    for (int tries = 1;; ++tries) {
      const auto committed = look_up(attempt);
      if (committed.ok() && *committed) return succeed(use_case, tx);
      if (committed.ok())
        return {.result = internal_error(ErrorCode::unavailable, "the commit was lost"), .again = true};
      if (std::chrono::steady_clock::now() >= deadline)
        return {.result = internal_error(ErrorCode::unknown_outcome, committed.error().internal_text())};
      rest(pause_after(tries + 4));
    }
  }

  Result<bool> look_up(AttemptId attempt) {
    if (!marks_) return internal_error(ErrorCode::unavailable, "no attempts are recorded yet");
    KARV_TRY(auto connection, pool_.take());
    return postgres::find_out(*connection, attempt, new_attempt());
  }

  // A lost race or a lost connection. What the work itself refused is final.
  bool may_try_again(const PostgresTx& tx, const postgres::Connection& connection) {
    if (connection.lost()) {
      pool_.forget_idle();
      return true;
    }
    if (!tx.failure()) return false;
    const std::string& state = tx.failure()->state;
    if (state == "25006") pool_.forget_idle();  // that server only reads now: another one writes
    // A key that is taken, or rows not as expected, stay so for a work that did not look.
    if (state == "23505" || state == "22012") return tx.has_read();
    return tx.failure()->error.code() == ErrorCode::conflict || state == "25006";
  }

  void forget_old_attempts() {
    auto connection = pool_.take();
    if (!connection.ok()) return;
    const AttemptId before(base::first_uuid_v7(wall_.now() - kForgetAfter));
    const std::vector<Value> parameters{Value(before), Value(kForgetAtOnce)};
    auto done = (*connection)->round_trip({{.text = postgres::kForgetAttempts.text(), .parameters = &parameters}});
    if (!done.ok()) base::log::warn("attempts_not_forgotten", {{"detail", done.error().internal_text()}});
  }

  AttemptId new_attempt() {
    const base::Lock lock(random_mutex_);
    return base::make_id<postgres::AttemptTag>(wall_, random_);
  }

  // Doubling, with jitter so that those who met do not meet again.
  base::Duration pause_after(int attempt) {
    const std::int64_t longest = std::min(kFirstPauseMs << std::min(attempt, 12), kLongestPauseMs);
    std::array<std::uint8_t, 2> bytes{};
    {
      const base::Lock lock(random_mutex_);
      random_.fill(bytes);
    }
    return base::milliseconds(1 + (bytes[0] * 256 + bytes[1]) % longest);
  }

  void report(std::string_view use_case, int round_trips, bool committed) const {
    if (options_.on_write)
      options_.on_write(
          {.use_case = use_case, .round_trips = round_trips, .members = committed ? 1 : 0, .committed = committed});
  }

  const PostgresOptions options_;
  Pool pool_;
  std::vector<CommitCheck> checks_;
  std::atomic<bool> marks_ = false;
  std::atomic<std::int64_t> commits_ = 0;
  base::SystemClock wall_;
  base::Mutex random_mutex_;
  base::SystemRandom random_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(PostgresOptions options) {
  return PostgresDatabase::open(std::move(options));
}

}  // namespace karv::store
