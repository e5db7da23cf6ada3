// The promise of the writer: whoever was answered with success loses nothing, whatever fails around it.
#include <atomic>
#include <barrier>
#include <filesystem>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/mutex.h"
#include "base/random.h"
#include "store/sqlite/faulty_disk.h"
#include "store/temporary.h"

namespace karv::store {
namespace {

using base::ErrorCode;

constexpr Sql kInsert = "insert into item (item_id, filler) values ($1, $2)";
constexpr Sql kAll = "select item_id from item order by item_id";
constexpr Sql kCount = "select count(*) from item";
constexpr Sql kReadCounter = "select n from counter where id = 1";
constexpr Sql kSetCounter = "update counter set n = $1 where id = 1 and n = $2";

std::span<const Migration> schema() {
  static const std::vector<Migration> all{{9001,
                                           "items",
                                           {"create table item (item_id BIGINT primary key, filler BYTEA not null)",
                                            "create table counter (id BIGINT primary key, n BIGINT not null)",
                                            "insert into counter (id, n) values (1, 0)"}}};
  return all;
}

using Items = std::set<std::int64_t>;

Items items_in(Database& db) {
  const auto rows = db.read<Rows>("all", [](ReadTx& tx) { return tx.read_one({kAll, {}}); });
  EXPECT_TRUE(rows.ok());
  Items items;
  if (rows.ok())
    for (const auto& row : *rows) items.insert(row.integer(0));
  return items;
}

// What a crash right now would leave: the file and its log, without the shared index.
Items items_after_crash(const TemporaryDatabase& db) {
  const std::string copy = db.folder() + "/copy.db";
  for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(copy + suffix);
  for (const auto* suffix : {"", "-wal"}) std::filesystem::copy_file(db.path() + suffix, copy + suffix);
  auto reopened = open_sqlite({.path = copy, .use = StoreUse::server});  // nor does a crash look like damage
  EXPECT_TRUE(reopened.ok());
  return reopened.ok() ? items_in(**reopened) : Items{};
}

Result<void> put(Database& db, std::int64_t item, std::size_t size = 100) {
  return db.write<void>("put", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {item, Bytes(size, 7)}}, 1);
    return {};
  });
}

// What each write was answered, over all threads.
class Answers {
 public:
  void add(std::int64_t item, const Result<void>& result) {
    const base::Lock lock(mutex_);
    if (result.ok())
      good_.insert(item);
    else
      ++errors_[result.error().code()];
    if (!result.ok() && result.error().code() == ErrorCode::unknown_outcome) unknown_.insert(item);
  }
  Items good() {
    const base::Lock lock(mutex_);
    return good_;
  }
  Items unknown() {
    const base::Lock lock(mutex_);
    return unknown_;
  }
  int count(ErrorCode code) {
    const base::Lock lock(mutex_);
    return errors_[code];
  }

 private:
  base::Mutex mutex_;
  Items good_ KARV_GUARDED_BY(mutex_);
  Items unknown_ KARV_GUARDED_BY(mutex_);
  std::map<ErrorCode, int> errors_ KARV_GUARDED_BY(mutex_);
};

void in_threads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&, i] { body(i); });
  for (auto& thread : threads) thread.join();
}

TEST(GroupCommitTest, many_threads_share_a_commit_and_each_finds_its_row) {
  std::atomic<std::int64_t> largest{0};
  auto db = TemporaryDatabase::create_file(schema(), {.on_write = [&](const WriteReport& report) {
                                             if (report.members > largest) largest = report.members;
                                           }});
  Answers answers;
  in_threads(24, [&](int thread) {
    if (thread == 0)  // holds everybody up for a moment, so that there is a batch to share
      answers.add(-1, db->write<void>("slow", [&](Tx& tx) -> Result<void> {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        tx.write({kInsert, {-1, Bytes(1, 7)}}, 1);
        return {};
      }));
    for (int i = 0; i < 40; ++i) {
      const std::int64_t item = thread * 1000 + i;
      answers.add(item, put(*db, item));
    }
  });
  EXPECT_EQ(answers.good().size(), 961U);
  EXPECT_EQ(items_in(*db), answers.good());
  EXPECT_EQ(items_after_crash(db), answers.good());
  EXPECT_GT(largest, 1);
}

TEST(GroupCommitTest, a_batch_is_bounded) {
  std::atomic<std::int64_t> largest{0};
  auto db = TemporaryDatabase::create_file(schema(), {.max_batch = 3, .on_write = [&](const WriteReport& report) {
                                                        if (report.members > largest) largest = report.members;
                                                      }});
  in_threads(16, [&](int thread) {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(put(*db, thread * 1000 + i).ok());
  });
  EXPECT_LE(largest, 3);
}

TEST(GroupCommitTest, works_that_fail_in_the_middle_of_a_batch_take_nobody_with_them) {
  auto db = TemporaryDatabase::create_file(schema());
  ASSERT_TRUE(put(*db, -1).ok());
  Answers answers;
  answers.add(-1, {});
  in_threads(16, [&](int thread) {
    for (int i = 0; i < 60; ++i) {
      const std::int64_t item = thread * 1000 + i;
      try {
        answers.add(item, db->write<void>("mixed", [&](Tx& tx) -> Result<void> {
          tx.write({kInsert, {item, Bytes(50, 1)}}, 1);
          KARV_TRY_VOID(tx.read({{kCount, {}}}).ok() ? Result<void>() : base::Error(ErrorCode::internal));
          switch ((thread + i) % 5) {
            case 0:
              return base::Error(ErrorCode::refused);
            case 1:
              tx.write({kInsert, {-1, Bytes()}}, 1);  // taken
              return {};
            case 2:
              tx.write({kSetCounter, {1, 77}}, 1);  // not what is there
              return {};
            case 3:
              KARV_REQUIRE(item < 0);
              return {};
            default:
              return {};
          }
        }));
      } catch (const base::RequirementFailed&) {
        answers.add(item, base::Error(ErrorCode::internal));
      }
    }
  });
  EXPECT_EQ(answers.good().size(), 1U + 16 * 12);
  EXPECT_EQ(answers.count(ErrorCode::conflict), 16 * 24);
  EXPECT_EQ(items_in(*db), answers.good());
  EXPECT_EQ(items_after_crash(db), answers.good());
}

// Runs `second` while the first write is in the middle of its work, so that whoever writes first leads and the other
// waits behind it.
void behind(Database& db, const std::function<void()>& in_the_first, const std::function<void()>& second) {
  std::atomic<bool> inside{false};
  std::atomic<bool> go{false};
  std::thread first([&] {
    EXPECT_TRUE(db.write<void>("first", [&](Tx& tx) -> Result<void> {
                    inside = true;
                    while (!go) std::this_thread::yield();
                    in_the_first();
                    tx.write({kInsert, {1, Bytes(1, 7)}}, 1);
                    return {};
                  }).ok());
  });
  while (!inside) std::this_thread::yield();
  std::thread waits(second);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // it waits now
  go = true;
  first.join();
  waits.join();
}

TEST(GroupCommitTest, whoever_leads_runs_the_works_that_wait) {
  auto db = TemporaryDatabase::create_file(schema());
  std::thread::id leader, ran_second;
  behind(
      *db, [&] { leader = std::this_thread::get_id(); },
      [&] {
        EXPECT_TRUE(db->write<void>("second", [&](Tx& tx) -> Result<void> {
                        ran_second = std::this_thread::get_id();
                        tx.write({kInsert, {2, Bytes(1, 7)}}, 1);
                        return {};
                      }).ok());
        EXPECT_NE(ran_second, std::this_thread::get_id());
      });
  EXPECT_EQ(ran_second, leader);
  EXPECT_EQ(items_in(*db), (Items{1, 2}));
}

// On the leader's thread, too, a second transaction would wait for itself; and the bug is its owner's, not the
// leader's.
TEST(GroupCommitTest, a_transaction_inside_a_work_is_found_on_whatever_thread_it_runs) {
  auto db = TemporaryDatabase::create_file(schema());
  behind(
      *db, [] {},
      [&] {
        EXPECT_THROW(std::ignore = db->write<void>("outer", [&](Tx&) { return put(*db, 2); }), base::RequirementFailed);
        EXPECT_TRUE(put(*db, 3).ok());
      });
  EXPECT_EQ(items_in(*db), (Items{1, 3}));
}

TEST(GroupCommitTest, optimistic_writes_that_clash_lose_no_step) {
  auto db = TemporaryDatabase::create_file(schema());
  std::atomic<int> conflicts{0};
  std::barrier all_have_looked(8);  // so that the first round surely clashes
  in_threads(8, [&](int) {
    bool first = true;
    for (int done = 0; done < 25;) {
      const auto seen = db->read<std::int64_t>("look", [](ReadTx& tx) -> Result<std::int64_t> {
        KARV_TRY(auto rows, tx.read_one({kReadCounter, {}}));
        return rows.at(0).integer(0);
      });
      ASSERT_TRUE(seen.ok());
      if (std::exchange(first, false)) all_have_looked.arrive_and_wait();
      const auto added = db->write<void>("add", [&](Tx& tx) -> Result<void> {
        tx.write({kSetCounter, {*seen + 1, *seen}}, 1);
        return {};
      });
      if (added.ok()) {
        ++done;
      } else {
        EXPECT_EQ(added.error().code(), ErrorCode::conflict);
        ++conflicts;
      }
    }
  });
  const auto total = db->read<Rows>("look", [](ReadTx& tx) { return tx.read_one({kReadCounter, {}}); });
  EXPECT_EQ((*total)[0].integer(0), 200);
  EXPECT_GE(conflicts, 7);
}

TEST(GroupCommitTest, actions_run_in_the_order_of_the_commits) {
  auto db = TemporaryDatabase::create_file(schema());
  std::vector<std::int64_t> seen;  // only the writer touches it, one batch after the other
  in_threads(8, [&](int) {
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(db->write<void>("add", [&](Tx& tx) -> Result<void> {
                      KARV_TRY(auto rows, tx.read_one({kReadCounter, {}}));
                      const std::int64_t n = rows.at(0).integer(0);
                      tx.write({kSetCounter, {n + 1, n}}, 1);
                      tx.after_commit([&seen, n] { seen.push_back(n); });
                      return {};
                    }).ok());
  });
  ASSERT_EQ(seen.size(), 400U);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(i));
}

TEST(GroupCommitTest, the_log_stays_short_under_steady_writes_and_reads) {
  constexpr int kLimit = 50;
  auto db = TemporaryDatabase::create_file(schema(), {.wal_limit_pages = kLimit});
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) std::ignore = items_in(*db);
  });
  in_threads(4, [&](int thread) {
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(put(*db, thread * 1000 + i, 1500).ok());
  });
  stop = true;
  reader.join();
  EXPECT_LT(std::filesystem::file_size(db.path() + "-wal"), 16U * kLimit * 4096);
}

TEST(GroupCommitTest, a_second_process_waits_for_its_turn) {
  auto db = TemporaryDatabase::create_file(schema());
  auto second = open_sqlite({.path = db.path()});
  ASSERT_TRUE(second.ok());
  in_threads(6, [&](int thread) {
    Database& mine = thread % 2 == 0 ? *db : **second;
    for (int i = 0; i < 30; ++i) EXPECT_TRUE(put(mine, thread * 1000 + i).ok());
  });
  EXPECT_EQ(items_in(*db).size(), 180U);
}

// ---- a disk that fails ----

class FaultyDiskTest : public testing::Test {
 protected:
  FaultyDisk disk;
  TemporaryDatabase db = TemporaryDatabase::create_file(
      schema(), {.wal_limit_pages = 100, .writer_cache_kib = 64, .vfs = FaultyDisk::kName});
};

TEST_F(FaultyDiskTest, a_disk_that_fills_up_under_load_loses_nothing_that_was_answered) {
  Answers answers;
  std::atomic<int> next{0};
  for (const std::int64_t bytes : {300'000, 50'000, 4'000, 200'000, 0}) {
    disk.bytes_left = bytes;
    in_threads(12, [&](int) {
      for (int i = 0; i < 20; ++i) {
        const int item = ++next;
        answers.add(item, put(*db, item, 2000));
      }
    });
    EXPECT_GT(disk.failed.exchange(0), 0);
    EXPECT_EQ(items_in(*db), answers.good());  // reads go on
    EXPECT_EQ(db->state(), StorageState::full);
    EXPECT_TRUE(db->write<void>("nothing", [](Tx&) -> Result<void> { return {}; }).ok());
    EXPECT_EQ(db->state(), StorageState::full);  // whoever writes nothing proves nothing
    disk.bytes_left = FaultyDisk::kPlenty;       // space is back: no restart is needed
    const int item = ++next;
    const auto after = put(*db, item);
    EXPECT_TRUE(after.ok());
    EXPECT_EQ(db->state(), StorageState::writable);
    answers.add(item, after);
    EXPECT_EQ(items_after_crash(db), answers.good());
  }
  EXPECT_GT(answers.count(ErrorCode::storage_full), 0);
  EXPECT_EQ(answers.count(ErrorCode::internal) + answers.count(ErrorCode::conflict), 0);
}

TEST_F(FaultyDiskTest, a_disk_that_is_full_in_the_middle_of_a_work_takes_the_whole_batch_and_says_so) {
  // More than the cache holds: SQLite writes to the log before the commit, fails, and rolls everybody back silently.
  ASSERT_TRUE(put(*db, 1).ok());
  std::atomic<bool> inside{false};
  std::atomic<bool> go{false};
  Answers answers;
  std::thread blocker([&] {
    answers.add(2, db->write<void>("blocker", [&](Tx& tx) -> Result<void> {
      inside = true;
      while (!go) std::this_thread::yield();
      tx.write({kInsert, {2, Bytes(10, 1)}}, 1);
      return {};
    }));
  });
  while (!inside) std::this_thread::yield();
  std::thread huge([&] {
    answers.add(3, db->write<void>("huge", [&](Tx& tx) -> Result<void> {
      disk.bytes_left = 20'000;
      for (int i = 0; i < 400; ++i) tx.write({kInsert, {100 + i, Bytes(3000, 1)}}, 1);
      return {};
    }));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it waits for its turn: both are in one batch
  go = true;
  blocker.join();
  huge.join();
  EXPECT_TRUE(answers.good().empty());
  EXPECT_EQ(answers.count(ErrorCode::storage_full), 2);
  disk.bytes_left = FaultyDisk::kPlenty;
  EXPECT_TRUE(put(*db, 4).ok());
  EXPECT_EQ(items_in(*db), (Items{1, 4}));
  EXPECT_EQ(items_after_crash(db), (Items{1, 4}));
}

TEST_F(FaultyDiskTest, a_failed_fsync_is_not_repeated_and_its_batch_is_gone) {
  ASSERT_TRUE(put(*db, 1).ok());
  disk.failing_syncs = 1;
  const auto failed = put(*db, 2);
  EXPECT_EQ(failed.error().code(), ErrorCode::unavailable);  // the end of the log was written over: nothing moved
  EXPECT_EQ(items_in(*db), (Items{1}));
  EXPECT_EQ(items_after_crash(db), (Items{1}));
  EXPECT_TRUE(put(*db, 2).ok());
  EXPECT_EQ(items_after_crash(db), (Items{1, 2}));
}

TEST_F(FaultyDiskTest, while_nothing_can_be_made_durable_the_outcome_is_unknown_and_nobody_else_is_let_in) {
  ASSERT_TRUE(put(*db, 1).ok());
  disk.failing_syncs = 3;
  EXPECT_EQ(put(*db, 2).error().code(), ErrorCode::unknown_outcome);
  EXPECT_EQ(put(*db, 3).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(db->state(), StorageState::failing);
  EXPECT_EQ(items_in(*db), (Items{1}));
  EXPECT_TRUE(put(*db, 4).ok());
  EXPECT_EQ(items_in(*db), (Items{1, 4}));
  EXPECT_EQ(items_after_crash(db), (Items{1, 4}));
}

TEST_F(FaultyDiskTest, errors_of_every_kind_under_load_lose_nothing_that_was_answered) {
  Answers answers;
  std::atomic<int> next{0};
  std::atomic<bool> stop{false};
  std::thread gremlin([&] {
    base::SeededRandom random(3);
    while (!stop) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      switch (random.below(4)) {
        case 0:
          disk.failing_syncs = static_cast<int>(random.below(3));
          break;
        case 1:
          disk.failing_writes = static_cast<int>(random.below(3));
          break;
        case 2:
          disk.failing_reads = static_cast<int>(random.below(3));
          break;
        default:
          disk.bytes_left = random.below(2) == 0 ? 30'000 : FaultyDisk::kPlenty;
      }
    }
  });
  in_threads(8, [&](int) {
    for (int i = 0; i < 150; ++i) {
      const int item = ++next;
      answers.add(item, put(*db, item, 1000));
    }
  });
  stop = true;
  gremlin.join();
  disk.failing_syncs = disk.failing_writes = disk.failing_reads = 0;
  disk.bytes_left = FaultyDisk::kPlenty;
  const int last = ++next;
  ASSERT_TRUE(put(*db, last).ok());
  answers.add(last, {});
  EXPECT_GT(disk.failed, 0);
  for (const Items& there : {items_in(*db), items_after_crash(db)}) {
    const Items good = answers.good();
    EXPECT_TRUE(std::includes(there.begin(), there.end(), good.begin(), good.end()));
    Items allowed = answers.unknown();
    allowed.insert(good.begin(), good.end());
    EXPECT_TRUE(std::includes(allowed.begin(), allowed.end(), there.begin(), there.end()));
  }
}

}  // namespace
}  // namespace karv::store
