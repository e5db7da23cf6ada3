#include "scheduler/scheduler.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <stdexcept>
#include <thread>
#include <tuple>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/random.h"
#include "base/side_by_side.h"
#include "scheduler/repository.h"
#include "store/outbox.h"
#include "store/temporary.h"

namespace karv::scheduler {
namespace {

using base::Result;

class SchedulerTest : public testing::Test {
 protected:
  Job counting(std::string name, base::Duration every = base::days(1)) {
    return {.name = std::move(name), .every = every, .run = [this](const JobContext& context) -> Result<void> {
              ++runs;
              last_time = context.business_time();
              if (fail_next > 0) {
                --fail_next;
                return base::internal_error(base::ErrorCode::unavailable, "not now");
              }
              return {};
            }};
  }
  RunReport run_now(Scheduler& scheduler) {
    auto report = scheduler.run_due_now();
    EXPECT_TRUE(report.ok());
    return *report;
  }
  // Something a job writes, and what came of it.
  Result<void> note(store::Database& database, const std::string& text) {
    return database.write<void>("note", [&](store::Tx& tx) -> Result<void> {
      put_note(tx, text);
      return {};
    });
  }
  void put_note(store::Tx& tx, std::string_view text) {
    store::outbox::put(tx, {.id = base::make_id<store::outbox::EntryTag>(wall, random),
                            .topic = "note",
                            .key = "x",
                            .payload = base::Bytes(text.begin(), text.end()),
                            .created_at = wall.now(),
                            .available_at = wall.now()});
  }
  std::vector<std::string> notes() {
    const auto entries = db->read<std::vector<store::outbox::Entry>>(
        "notes", [](store::ReadTx& tx) { return store::outbox::list_by_key(tx, "note", "x"); });
    std::vector<std::string> texts;
    for (const auto& entry : *entries) texts.emplace_back(base::as_text(entry.payload));
    return texts;
  }
  // How often the job failed in a row, as written down: the wait for the next try counts from then.
  std::int64_t failures_of(const std::string& job) {
    const auto schedules = db->read<std::map<std::string, repository::Schedule>>(
        "schedules", [](store::ReadTx& tx) { return repository::read_all(tx); });
    return schedules->contains(job) ? schedules->at(job).attempts : 0;
  }
  static bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 2000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  base::ManualClock wall{{1'000'000}};
  base::ManualClock business{{5'000'000'000}};
  std::atomic<int> runs{0};
  std::atomic<int> fail_next{0};
  base::Instant last_time;
  base::SeededRandom random{1};
  store::TemporaryDatabase db =
      store::TemporaryDatabase::create(store::all_migrations({store::migrations(), migrations()}));
};

TEST_F(SchedulerTest, a_new_job_is_due_at_once_and_then_in_its_rhythm) {
  Scheduler scheduler(*db, business, wall, {counting("daily")});
  EXPECT_EQ(run_now(scheduler).ran, std::vector<std::string>{"daily"});
  EXPECT_TRUE(run_now(scheduler).ran.empty());
  business.advance(base::days(1) - base::milliseconds(1));
  EXPECT_TRUE(run_now(scheduler).ran.empty());
  business.advance(base::milliseconds(1));
  EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
  EXPECT_EQ(last_time, business.now());
}

TEST_F(SchedulerTest, missed_runs_are_made_up_once) {
  Scheduler scheduler(*db, business, wall, {counting("daily")});
  run_now(scheduler);
  business.advance(base::days(30) + base::hours(3));
  EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
  EXPECT_TRUE(run_now(scheduler).ran.empty());
  business.advance(base::hours(21));  // the rhythm is kept
  EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
  EXPECT_EQ(runs, 3);
}

TEST_F(SchedulerTest, the_next_due_time_keeps_step_and_is_later_than_now) {
  EXPECT_EQ(next_due({100}, {10}, {100}), base::Instant{110});
  EXPECT_EQ(next_due({100}, {10}, {109}), base::Instant{110});
  EXPECT_EQ(next_due({100}, {10}, {110}), base::Instant{120});
  EXPECT_EQ(next_due({100}, {10}, {1005}), base::Instant{1010});
  EXPECT_EQ(next_due({100}, {10}, {50}), base::Instant{100});
}

TEST_F(SchedulerTest, the_wait_after_failures_doubles_up_to_a_limit) {
  const Job job{.name = "x", .every = {1}, .run = {}, .retry_first = {100}, .retry_most = {1000}};
  EXPECT_EQ(retry_delay(job, 1).ms, 100);
  EXPECT_EQ(retry_delay(job, 2).ms, 200);
  EXPECT_EQ(retry_delay(job, 4).ms, 800);
  EXPECT_EQ(retry_delay(job, 5).ms, 1000);
  EXPECT_EQ(retry_delay(job, INT64_MAX).ms, 1000);
}

TEST_F(SchedulerTest, a_failing_job_is_tried_again_after_a_while_and_others_go_on) {
  std::atomic<int> others{0};
  Job other{.name = "other", .every = base::seconds(1), .run = [&](const JobContext&) -> Result<void> {
              ++others;
              return {};
            }};
  Scheduler scheduler(*db, business, wall, {counting("failing"), other}, {.threads = 1, .poll = base::milliseconds(5)});
  fail_next = 2;
  scheduler.start();
  ASSERT_TRUE(eventually([&] { return failures_of("failing") == 1 && others == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(runs, 1);  // the wall clock stands still: not yet
  wall.advance(base::seconds(1));
  ASSERT_TRUE(eventually([&] { return failures_of("failing") == 2; }));
  wall.advance(base::seconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(runs, 2);  // two seconds after the second failure
  wall.advance(base::seconds(1));
  ASSERT_TRUE(eventually([&] { return runs == 3; }));
  scheduler.stop();
  EXPECT_TRUE(run_now(scheduler).ran.empty());
}

TEST_F(SchedulerTest, run_due_now_does_not_wait_for_the_retry_time) {
  Scheduler scheduler(*db, business, wall, {counting("failing")});
  fail_next = 1;
  EXPECT_EQ(run_now(scheduler).failed, std::vector<std::string>{"failing"});
  EXPECT_EQ(run_now(scheduler).ran, std::vector<std::string>{"failing"});
}

TEST_F(SchedulerTest, a_job_that_throws_has_failed) {
  Job job{.name = "throwing", .every = base::days(1), .run = [](const JobContext&) -> Result<void> {
            KARV_REQUIRE(1 == 2);
            return {};
          }};
  Scheduler scheduler(*db, business, wall, {job});
  EXPECT_EQ(run_now(scheduler).failed.size(), 1U);
}

TEST_F(SchedulerTest, two_processes_do_not_run_a_job_at_the_same_time) {
  bool tried = false;
  Scheduler second(*db, business, wall, {counting("shared")});
  Job job{.name = "shared", .every = base::days(1), .run = [&](const JobContext&) -> Result<void> {
            tried = true;
            EXPECT_TRUE(run_now(second).ran.empty());
            return {};
          }};
  Scheduler first(*db, business, wall, {job});
  EXPECT_EQ(run_now(first).ran.size(), 1U);
  EXPECT_TRUE(tried);
  EXPECT_TRUE(run_now(second).ran.empty());
}

TEST_F(SchedulerTest, a_run_that_lost_its_lease_can_neither_write_nor_settle) {
  Scheduler second(*db, business, wall, {counting("shared")});
  Job job{.name = "shared", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            EXPECT_TRUE(note(context.database(), "before").ok());
            wall.advance(base::minutes(6));  // slower than the lease
            EXPECT_EQ(run_now(second).ran.size(), 1U);
            EXPECT_FALSE(context.stopping());
            EXPECT_EQ(note(context.database(), "after").error().code(), base::ErrorCode::conflict);
            EXPECT_TRUE(context.stopping());  // known from the first refusal
            EXPECT_EQ(note(context.database(), "again").error().code(), base::ErrorCode::conflict);
            return {};
          }};
  Scheduler first(*db, business, wall, {job});
  EXPECT_EQ(first.run_due_now().error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(notes(), std::vector<std::string>{"before"});
}

// The work of a refused step does not even see the data: it fails at its first read.
TEST_F(SchedulerTest, a_refused_step_decides_nothing) {
  Scheduler second(*db, business, wall, {counting("shared")});
  bool decided = false;
  Job job{.name = "shared", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            wall.advance(base::minutes(6));
            EXPECT_EQ(run_now(second).ran.size(), 1U);
            const auto step = context.database().write<void>("step", [&](store::Tx& tx) -> Result<void> {
              KARV_TRY(const auto entries, store::outbox::list_by_key(tx, "note", "x"));
              static_cast<void>(entries);
              decided = true;
              return {};
            });
            EXPECT_EQ(step.error().code(), base::ErrorCode::conflict);
            return {};
          }};
  Scheduler first(*db, business, wall, {job});
  EXPECT_FALSE(first.run_due_now().ok());
  EXPECT_FALSE(decided);
}

TEST_F(SchedulerTest, a_conflict_of_the_work_itself_does_not_end_the_run) {
  Job job{.name = "lonely", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            const auto step = context.database().write<void>("step", [](store::Tx&) -> Result<void> {
              return base::internal_error(base::ErrorCode::conflict, "somebody changed the row");
            });
            EXPECT_EQ(step.error().code(), base::ErrorCode::conflict);
            EXPECT_FALSE(context.stopping());
            return note(context.database(), "next");
          }};
  Scheduler scheduler(*db, business, wall, {job});
  EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
  EXPECT_EQ(notes(), std::vector<std::string>{"next"});
}

// One that fails and one that throws among others that do not, from as many threads.
TEST_F(SchedulerTest, writes_from_several_threads_are_each_kept_or_undone_on_their_own) {
  constexpr std::size_t kThreads = 8;
  constexpr int kEach = 25;
  std::atomic<int> failed{0};
  std::atomic<int> thrown{0};
  Job job{.name = "busy", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            base::side_by_side(kThreads, [&] {
              for (int i = 0; i < kEach; ++i) {
                EXPECT_TRUE(note(context.database(), "good").ok());
                const auto refused = context.database().write<void>("refused", [&](store::Tx& tx) -> Result<void> {
                  put_note(tx, "bad");
                  return base::Error(base::ErrorCode::not_allowed);
                });
                if (!refused.ok() && refused.error().code() == base::ErrorCode::not_allowed) ++failed;
                try {
                  std::ignore = context.database().write<void>("thrown", [&](store::Tx& tx) -> Result<void> {
                    put_note(tx, "bad");
                    throw std::runtime_error("of this one alone");
                  });
                } catch (const std::runtime_error&) {
                  ++thrown;
                }
              }
            });
            return {};
          }};
  Scheduler scheduler(*db, business, wall, {job});
  EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
  constexpr int kAll = kEach * static_cast<int>(kThreads);
  EXPECT_EQ(failed, kAll);
  EXPECT_EQ(thrown, kAll);
  EXPECT_EQ(notes(), std::vector<std::string>(kAll, "good"));
}

TEST_F(SchedulerTest, writes_that_wait_for_another_share_a_transaction) {
  std::atomic<int> transactions{0};
  db.watch([&](const store::Query& query, bool) {
    if (query.sql.text().find("lease_until > 0") != std::string_view::npos) ++transactions;  // the lease is extended
  });
  Job job{.name = "busy", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            std::latch all(4);
            base::side_by_side(4, [&] {
              all.arrive_and_wait();
              EXPECT_TRUE(context.database()
                              .write<void>("write",
                                           [&](store::Tx& tx) -> Result<void> {
                                             put_note(tx, "one");
                                             std::this_thread::sleep_for(std::chrono::milliseconds(2));
                                             return {};
                                           })
                              .ok());
            });
            return {};
          }};
  Scheduler scheduler(*db, business, wall, {job});
  // Who waits while another writes is a matter of moments; that nobody ever does would be a matter of the code.
  EXPECT_TRUE(eventually([&] {
    transactions = 0;
    business.advance(job.every);
    EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
    return transactions < 4;
  }));
  EXPECT_GE(transactions, 1);
}

// Commits, and loses the answer of every write that `loses` holds for.
class LosesAnswers final : public store::Database {
 public:
  explicit LosesAnswers(store::Database& inner) : inner_(inner) {}
  void add_commit_check(store::CommitCheck check) override { inner_.add_commit_check(std::move(check)); }
  store::StorageState state() const override { return inner_.state(); }
  std::atomic<bool> loses{false};

 protected:
  Result<void> run_write(std::string_view use_case, const std::function<Result<void>(store::Tx&)>& work) override {
    KARV_TRY_VOID(inner_.write<void>(use_case, work));
    if (!loses) return {};
    return base::internal_error(base::ErrorCode::unknown_outcome, "no answer");
  }
  Result<void> run_read(std::string_view use_case, const std::function<Result<void>(store::ReadTx&)>& work) override {
    return inner_.read<void>(use_case, [&](store::ReadTx& tx) { return work(tx); });
  }

 private:
  store::Database& inner_;
};

TEST_F(SchedulerTest, a_shared_transaction_whose_answer_was_lost_is_not_run_again) {
  LosesAnswers loses(*db);
  std::atomic<int> worked{0};
  std::atomic<int> unknown{0};
  Job job{.name = "busy", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            loses.loses = true;
            base::side_by_side(4, [&] {
              const auto written = context.database().write<void>("write", [&](store::Tx& tx) -> Result<void> {
                put_note(tx, "once");
                ++worked;
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
                return {};
              });
              if (!written.ok() && written.error().code() == base::ErrorCode::unknown_outcome) ++unknown;
            });
            loses.loses = false;
            return {};
          }};
  Scheduler scheduler(loses, business, wall, {job});
  EXPECT_EQ(run_now(scheduler).ran.size(), 1U);
  EXPECT_EQ(unknown, 4);
  EXPECT_EQ(worked, 4);
  EXPECT_EQ(notes(), std::vector<std::string>(4, "once"));
}

TEST_F(SchedulerTest, a_write_inside_a_write_is_found_at_once) {
  Job job{.name = "tangled", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            return context.database().write<void>("outer", [&](store::Tx&) { return note(context.database(), "x"); });
          }};
  Scheduler scheduler(*db, business, wall, {job});
  EXPECT_EQ(run_now(scheduler).failed.size(), 1U);
  EXPECT_TRUE(notes().empty());
}

TEST_F(SchedulerTest, each_write_extends_the_lease) {
  Scheduler second(*db, business, wall, {counting("shared")});
  Job job{.name = "shared", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            for (int step = 0; step < 3; ++step) {
              wall.advance(base::minutes(4));
              EXPECT_TRUE(run_now(second).ran.empty());
              KARV_TRY_VOID(note(context.database(), "step"));
            }
            return {};
          }};
  Scheduler first(*db, business, wall, {job});
  EXPECT_EQ(run_now(first).ran.size(), 1U);
}

TEST_F(SchedulerTest, a_job_whose_process_died_is_run_when_its_lease_is_over) {
  struct Death {};
  Job dying{.name = "shared", .every = base::days(1), .run = [](const JobContext&) -> Result<void> { throw Death(); }};
  {
    Scheduler scheduler(*db, business, wall, {dying});
    EXPECT_THROW(std::ignore = scheduler.run_due_now(), Death);  // not an exception that is caught: nothing is settled
  }
  Scheduler next(*db, business, wall, {counting("shared")});
  EXPECT_TRUE(run_now(next).ran.empty());
  wall.advance(base::minutes(5));
  EXPECT_EQ(run_now(next).ran.size(), 1U);
}

TEST_F(SchedulerTest, where_no_other_server_can_be_old_leases_end_at_the_start) {
  struct Death {};
  Job dying{.name = "shared", .every = base::days(1), .run = [](const JobContext&) -> Result<void> { throw Death(); }};
  {
    Scheduler scheduler(*db, business, wall, {dying});
    EXPECT_THROW(std::ignore = scheduler.run_due_now(), Death);
  }
  Scheduler next(*db, business, wall, {counting("shared")});
  EXPECT_TRUE(run_now(next).ran.empty());
  ASSERT_TRUE(next.end_old_leases().ok());
  EXPECT_EQ(run_now(next).ran.size(), 1U);
}

TEST_F(SchedulerTest, a_clock_that_was_set_back_blocks_nothing) {
  struct Death {};
  Job dying{.name = "shared", .every = base::days(1), .run = [](const JobContext&) -> Result<void> { throw Death(); }};
  wall.advance(base::days(900));  // wrong
  {
    Scheduler scheduler(*db, business, wall, {dying});
    EXPECT_THROW(std::ignore = scheduler.run_due_now(), Death);
  }
  wall.advance(base::days(-900));
  Scheduler next(*db, business, wall, {counting("shared")});
  EXPECT_EQ(run_now(next).ran.size(), 1U);  // the dead run's lease ends in 900 days: no lease is that long
  EXPECT_TRUE(run_now(next).ran.empty());

  business.advance(base::days(900));
  EXPECT_EQ(run_now(next).ran.size(), 1U);
  business.advance(base::days(-900));  // the next run would be in 901 days
  EXPECT_EQ(run_now(next).ran.size(), 1U);
  EXPECT_TRUE(run_now(next).ran.empty());
  business.advance(base::days(1));  // and the rhythm goes on from here
  EXPECT_EQ(run_now(next).ran.size(), 1U);
  EXPECT_EQ(runs, 4);
}

TEST_F(SchedulerTest, a_retry_time_from_before_the_clock_was_set_back_is_over) {
  Scheduler scheduler(*db, business, wall, {counting("failing")}, {.threads = 1, .poll = base::milliseconds(5)});
  wall.advance(base::days(900));
  fail_next = 1;
  run_now(scheduler);
  wall.advance(base::days(-900));
  scheduler.start();
  EXPECT_TRUE(eventually([&] { return runs == 2; }));
  scheduler.stop();
}

TEST_F(SchedulerTest, a_clock_set_back_by_less_than_a_lease_leaves_the_lease_in_force) {
  Scheduler second(*db, business, wall, {counting("shared")});
  Job job{.name = "shared", .every = base::days(1), .run = [&](const JobContext&) -> Result<void> {
            wall.advance(base::minutes(-4));
            EXPECT_TRUE(run_now(second).ran.empty());
            return {};
          }};
  Scheduler first(*db, business, wall, {job});
  EXPECT_EQ(run_now(first).ran.size(), 1U);
}

TEST_F(SchedulerTest, stop_waits_for_the_running_job_and_tells_it) {
  std::atomic<bool> entered{false};
  std::atomic<bool> left{false};
  Job job{.name = "long", .every = base::days(1), .run = [&](const JobContext& context) -> Result<void> {
            entered = true;
            while (!context.stopping()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
            left = true;
            return {};
          }};
  Scheduler scheduler(*db, business, wall, {job}, {.threads = 2, .poll = base::milliseconds(5)});
  scheduler.start();
  ASSERT_TRUE(eventually([&] { return entered.load(); }));
  scheduler.stop();
  EXPECT_TRUE(left);
  scheduler.stop();
}

TEST_F(SchedulerTest, moving_the_business_clock_makes_jobs_due_beside_running_threads) {
  Scheduler scheduler(*db, business, wall, {counting("daily")}, {.threads = 2, .poll = base::milliseconds(1)});
  scheduler.start();
  ASSERT_TRUE(eventually([&] { return runs == 1; }));
  for (int day = 0; day < 20; ++day) {
    business.advance(base::days(1));
    run_now(scheduler);
    EXPECT_EQ(runs, day + 2);  // by this call or by a thread, but once
  }
  scheduler.stop();
}

}  // namespace
}  // namespace karv::scheduler
