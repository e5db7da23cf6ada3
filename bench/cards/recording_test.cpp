#include "cards/recording.h"

#include <gtest/gtest.h>

#include "cards/replay.h"
#include "store/migrate.h"

namespace karv::bench {
namespace {

constexpr store::Sql kInsert = "insert into things (thing, size) values ($1, $2)";
constexpr store::Sql kGrow = "update things set size = $1 where thing = $2 and size = $3";
constexpr store::Sql kFind = "select size from things where thing = $1";

store::Migration schema() {
  return {.number = 99001,
          .name = "things",
          .statements = {"create table things (thing BYTEA primary key, size BIGINT not null)"}};
}

std::unique_ptr<store::Database> open_in(const SqliteFile& file) {
  auto database = file.open({});
  const auto migration = schema();
  EXPECT_TRUE(store::migrate(*database, {&migration, 1}).ok());
  return database;
}

std::int64_t size_in(const SqliteFile& file) {
  return file.open({})
      ->read<std::int64_t>("find",
                           [](store::ReadTx& tx) -> base::Result<std::int64_t> {
                             KARV_TRY(const auto rows, tx.read_one({kFind, {base::Bytes{1}}}));
                             return rows.empty() ? 0 : rows.front().integer(0);
                           })
      .value();
}

void write(store::Database& database, const store::Query& query) {
  ASSERT_TRUE(database
                  .write<void>("write",
                               [&](store::Tx& tx) -> base::Result<void> {
                                 KARV_TRY(const auto read, tx.read_one({kFind, {base::Bytes{1}}}));
                                 tx.write(query, 1);
                                 return {};
                               })
                  .ok());
}

TEST(Recording, what_was_written_is_written_again_elsewhere_and_nothing_else) {
  const SqliteFile one("/dev/shm");
  const SqliteFile other("/dev/shm");
  Recording recording(open_in(one));
  recording.take();
  write(recording, {kInsert, {base::Bytes{1}, 7}});
  write(recording, {kGrow, {8, base::Bytes{1}, 7}});
  const Act act{.transactions = recording.take()};
  ASSERT_EQ(act.transactions.size(), 2U);
  EXPECT_EQ(act.transactions.front().size(), 1U);  // not the question
  EXPECT_TRUE(recording.take().empty());
  open_in(other);
  replay_on(other, 1)->play(0, {&act, 1});
  EXPECT_EQ(size_in(other), 8);
}

TEST(Recording, what_failed_is_not_noted) {
  const SqliteFile file("/dev/shm");
  Recording recording(open_in(file));
  recording.take();
  EXPECT_FALSE(recording
                   .write<void>("write",
                                [](store::Tx& tx) -> base::Result<void> {
                                  tx.write({kGrow, {8, base::Bytes{1}, 7}}, 1);  // there is no such row
                                  return {};
                                })
                   .ok());
  EXPECT_TRUE(recording.take().empty());
}

TEST(RecordingDeathTest, a_replay_that_touches_other_rows_ends_the_program) {
  const SqliteFile one("/dev/shm");
  const SqliteFile other("/dev/shm");
  Recording recording(open_in(one));
  write(recording, {kInsert, {base::Bytes{1}, 7}});
  recording.take();
  write(recording, {kGrow, {8, base::Bytes{1}, 7}});
  const Act act{.transactions = recording.take()};
  open_in(other);  // without the row
  const auto replay = replay_on(other, 1);
  EXPECT_DEATH(replay->play(0, {&act, 1}), "rows");
}

}  // namespace
}  // namespace karv::bench
