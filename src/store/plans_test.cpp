// That the tests about plans would notice: a scan, a key in part, an index that is not unique.
#include <gtest/gtest.h>

#include "store/plans_for_test.h"

namespace karv::store {
namespace {

constexpr Sql kByKey = "select note from things where thing_id = $1 and number = $2";
constexpr Sql kByOtherKey = "select thing_id from things where code = $1";
constexpr Sql kByIndex = "select thing_id from things where owner = $1";
constexpr Sql kByNothing = "select thing_id from things where note = $1";
constexpr Sql kAll = "select count(*) from things";
constexpr Sql kChange = "update things set note = $1 where thing_id = $2 and number = $3";
constexpr Sql kChangeMany = "update things set note = $1 where note = $2";
constexpr Sql kInsert = "insert into things (thing_id, number, code, owner, note) values ($1, $2, $3, $4, $5)";

class PlansTest : public testing::Test {
 protected:
  std::vector<PlanStep> steps_of_reads(const std::vector<Query>& queries) {
    StatementLog log;
    db.watch(log.watcher());
    EXPECT_TRUE(db->read<void>("test", [&](ReadTx& tx) -> Result<void> {
                    KARV_TRY(const auto rows, tx.read(queries));
                    return {};
                  }).ok());
    db.watch({});
    return steps_of(db, log);
  }
  std::vector<PlanStep> steps_of_write(const Query& query) {
    StatementLog log;
    db.watch(log.watcher());
    (void)db->write<void>("test", [&](Tx& tx) -> Result<void> {
      tx.write(query, 1);
      return {};
    });
    db.watch({});
    return steps_of(db, log);
  }
  TemporaryDatabase db = TemporaryDatabase::create(std::vector<Migration>{
      {9001,
       "things",
       {"create table things (thing_id BYTEA not null, number BIGINT not null, code TEXT not null, owner BYTEA not "
        "null, note TEXT not null, primary key (thing_id, number))",
        "create unique index things_by_code on things (code)", "create index things_of_owner on things (owner)"}}});
};

TEST_F(PlansTest, a_key_is_told_from_an_index_and_from_none) {
  const Bytes id{1};
  for (const auto& query : {Query{kByKey, {id, 1}}, Query{kByOtherKey, {"x"}}}) {
    const auto steps = steps_of_reads({query});
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_FALSE(steps[0].scans) << steps[0].words;
    EXPECT_EQ(steps[0].index, "");
  }
  const auto by_index = steps_of_reads({{kByIndex, {id}}});
  ASSERT_EQ(by_index.size(), 1U);
  EXPECT_FALSE(by_index[0].scans);
  EXPECT_EQ(by_index[0].index, "things_of_owner");
  for (const auto& query : {Query{kByNothing, {"x"}}, Query{kAll, {}}}) {
    const auto steps = steps_of_reads({query});
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_TRUE(steps[0].scans) << steps[0].words;
  }
}

TEST_F(PlansTest, writes_are_looked_at_too) {
  EXPECT_TRUE(steps_of_write({kInsert, {Bytes{1}, 1, "code", Bytes{2}, "note"}}).empty());
  const auto by_key = steps_of_write({kChange, {"other", Bytes{1}, 1}});
  ASSERT_EQ(by_key.size(), 1U);
  EXPECT_FALSE(by_key[0].scans);
  const auto many = steps_of_write({kChangeMany, {"x", "y"}});
  ASSERT_EQ(many.size(), 1U);
  EXPECT_TRUE(many[0].scans);
}

}  // namespace
}  // namespace karv::store
