#include "store/database.h"

#include <thread>

#include <gtest/gtest.h>

#include "store/temporary.h"

namespace karv::store {
namespace {

constexpr Sql kInsert = "insert into item (item_id, name, amount, blob) values ($1, $2, $3, $4)";
constexpr Sql kFind = "select name, amount, blob from item where item_id = $1";
constexpr Sql kAdd = "update item set amount = $1 where item_id = $2 and amount = $3";
constexpr Sql kCount = "select count(*) from item";

std::span<const Migration> item_schema() {
  static const std::vector<Migration> all{
      {9001,
       "items",
       {"create table item (item_id BYTEA primary key, name TEXT not null, amount BIGINT, blob BYTEA)"}}};
  return all;
}

Bytes key(std::uint8_t n) { return Bytes(16, n); }

class DatabaseTest : public testing::Test {
 protected:
  Result<void> put(std::uint8_t n, std::int64_t amount) {
    return db->write<void>("put", [&](Tx& tx) -> Result<void> {
      tx.write({kInsert, {key(n), "name", amount, Bytes{1, 2}}}, 1);
      return {};
    });
  }
  std::int64_t count() {
    return *db->read<std::int64_t>("count", [](ReadTx& tx) -> Result<std::int64_t> {
      KARV_TRY(auto rows, tx.read_one({kCount, {}}));
      return rows[0].integer(0);
    });
  }
  std::optional<WriteReport> last;
  TemporaryDatabase db = TemporaryDatabase::create(item_schema(), [this](const WriteReport& report) { last = report; });
};

TEST_F(DatabaseTest, a_row_comes_back_as_it_was_written) {
  const std::string name("na\xC3\xAFve");
  ASSERT_TRUE(db->write<void>("put", [&](Tx& tx) -> Result<void> {
                  tx.write({kInsert, {key(1), name, INT64_MIN, Bytes{}}}, 1);
                  tx.write({kInsert, {key(2), "", nullptr, nullptr}}, 1);
                  return {};
                }).ok());
  auto rows =
      db->read<std::vector<Rows>>("get", [](ReadTx& tx) { return tx.read({{kFind, {key(1)}}, {kFind, {key(2)}}}); });
  ASSERT_TRUE(rows.ok());
  const Row& first = (*rows)[0].at(0);
  EXPECT_EQ(first.text(0), name);
  EXPECT_EQ(first.integer(1), INT64_MIN);
  EXPECT_FALSE(first.is_null(2));
  EXPECT_TRUE(first.bytes(2).empty());
  const Row& second = (*rows)[1].at(0);
  EXPECT_EQ(second.text(0), "");
  EXPECT_EQ(second.integer_or_null(1), std::nullopt);
  EXPECT_EQ(second.bytes_or_null(2), std::nullopt);
}

TEST_F(DatabaseTest, an_error_of_the_work_undoes_all_it_wrote) {
  const auto result = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {key(1), "a", 1, nullptr}}, 1);
    KARV_TRY(auto rows, tx.read_one({kCount, {}}));
    EXPECT_EQ(rows[0].integer(0), 1);  // a read sees what was queued before it
    return base::public_error(base::ErrorCode::refused, "no");
  });
  EXPECT_EQ(result.error().code(), base::ErrorCode::refused);
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, an_exception_of_the_work_undoes_all_it_wrote_and_passes_on) {
  EXPECT_THROW(
      std::ignore = db->write<void>("put",
                                    [&](Tx& tx) -> Result<void> {
                                      tx.write({kInsert, {key(1), "a", 1, nullptr}}, 1);
                                      KARV_TRY_VOID(tx.read_one({kCount, {}}).ok() ? Result<void>() : Result<void>());
                                      KARV_REQUIRE(1 == 2);
                                      return {};
                                    }),
      base::RequirementFailed);
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(put(1, 1).ok());  // the writer is free again
}

TEST_F(DatabaseTest, a_taken_key_is_a_conflict) {
  ASSERT_TRUE(put(1, 1).ok());
  EXPECT_EQ(put(1, 2).error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, touching_another_number_of_rows_than_expected_is_a_conflict_and_undoes_the_rest) {
  ASSERT_TRUE(put(1, 1).ok());
  const auto result = db->write<void>("add", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {key(2), "b", 1, nullptr}}, 1);
    tx.write({kAdd, {5, key(1), 99}}, 1);
    return {};
  });
  EXPECT_EQ(result.error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, a_failure_sticks_even_when_the_work_ignores_it) {
  ASSERT_TRUE(put(1, 1).ok());
  const auto result = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {key(1), "again", 1, nullptr}}, 1);
    EXPECT_FALSE(tx.read_one({kCount, {}}).ok());
    tx.write({kInsert, {key(2), "b", 1, nullptr}}, 1);
    EXPECT_FALSE(tx.read_one({kCount, {}}).ok());
    return {};
  });
  EXPECT_EQ(result.error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, parameters_are_bound_by_name_whatever_their_order_in_the_text) {
  constexpr Sql kSwapped = "select cast($2 as TEXT), cast($1 as TEXT), cast($2 as TEXT)";
  auto rows = db->read<Rows>("swap", [&](ReadTx& tx) { return tx.read_one({kSwapped, {"one", "two"}}); });
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ((*rows)[0].text(0), "two");
  EXPECT_EQ((*rows)[0].text(1), "one");
  EXPECT_EQ((*rows)[0].text(2), "two");
}

TEST_F(DatabaseTest, wrong_statements_are_refused_without_harm) {
  constexpr Sql kGap = "select $1, $3";
  constexpr Sql kTwo = "select 1; select 2";
  constexpr Sql kNonsense = "selekt";
  for (const auto sql : {kGap, kTwo, kNonsense, kInsert}) {
    const auto rows = db->read<Rows>("bad", [&](ReadTx& tx) { return tx.read_one({sql, {1, 2, 3, 4}}); });
    EXPECT_EQ(rows.error().code(), base::ErrorCode::internal);
  }
  const auto few = db->read<Rows>("bad", [&](ReadTx& tx) { return tx.read_one({kFind, {}}); });
  EXPECT_EQ(few.error().code(), base::ErrorCode::internal);
  const auto written_by_read =
      db->write<Rows>("bad", [&](Tx& tx) { return tx.read_one({kInsert, {key(1), "a", 1, nullptr}}); });
  EXPECT_EQ(written_by_read.error().code(), base::ErrorCode::internal);
  EXPECT_EQ(count(), 0);
}

TEST_F(DatabaseTest, columns_are_strict) {
  const auto wrong_type = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {key(1), "a", "not a number", nullptr}}, 1);
    return {};
  });
  EXPECT_EQ(wrong_type.error().code(), base::ErrorCode::internal);
  const auto zero = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {key(1), std::string("a\0b", 3), 1, nullptr}}, 1);
    return {};
  });
  EXPECT_EQ(zero.error().code(), base::ErrorCode::bad_value);
  ASSERT_TRUE(put(3, 1).ok());
  const auto read_wrongly = [&] {
    std::ignore = db->read<std::int64_t>("get", [](ReadTx& tx) -> Result<std::int64_t> {
      KARV_TRY(auto rows, tx.read_one({kFind, {key(3)}}));
      return rows.at(0).integer(0);  // a text
    });
  };
  EXPECT_THROW(read_wrongly(), base::RequirementFailed);
  EXPECT_EQ(count(), 1);  // the reader was given back
}

TEST_F(DatabaseTest, round_trips_are_counted_as_on_a_networked_engine) {
  ASSERT_TRUE(db->write<void>("three", [&](Tx& tx) -> Result<void> {
                  KARV_TRY_VOID(tx.read({{kCount, {}}, {kFind, {key(1)}}}).ok()
                                    ? Result<void>()
                                    : base::Error(base::ErrorCode::internal));
                  tx.write({kInsert, {key(1), "a", 1, nullptr}}, 1);
                  tx.write({kInsert, {key(2), "a", 1, nullptr}}, 1);
                  KARV_TRY(auto rows, tx.read_one({kCount, {}}));
                  EXPECT_EQ(rows[0].integer(0), 2);
                  tx.write({kInsert, {key(3), "a", 1, nullptr}}, 1);
                  EXPECT_EQ(tx.round_trips(), 2);
                  return {};
                }).ok());
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->use_case, "three");
  EXPECT_EQ(last->round_trips, 3);
  EXPECT_EQ(last->members, 1);
  EXPECT_TRUE(last->committed);
}

TEST_F(DatabaseTest, a_failing_commit_check_undoes_the_transaction) {
  db->add_commit_check([](Tx& tx) -> Result<void> {
    KARV_TRY(auto rows, tx.read_one({kCount, {}}));
    if (rows[0].integer(0) > 1) return base::internal_error(base::ErrorCode::internal, "there is at most one item");
    return {};
  });
  EXPECT_TRUE(put(1, 1).ok());
  EXPECT_EQ(put(2, 1).error().code(), base::ErrorCode::internal);
  EXPECT_EQ(count(), 1);
}

TEST_F(DatabaseTest, after_commit_runs_once_and_only_after_a_commit) {
  int ran = 0;
  const auto act = [&](bool good) {
    return db->write<void>("act", [&](Tx& tx) -> Result<void> {
      tx.after_commit([&] { ++ran; });
      tx.after_commit([] { throw std::runtime_error("a bug in a cache"); });
      EXPECT_EQ(ran, 0);
      if (!good) return base::Error(base::ErrorCode::refused);
      return {};
    });
  };
  EXPECT_FALSE(act(false).ok());
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(act(true).ok());
  EXPECT_EQ(ran, 1);
}

TEST_F(DatabaseTest, a_transaction_inside_a_transaction_is_a_bug_that_is_found_at_once) {
  EXPECT_THROW(std::ignore = db->write<void>("outer", [&](Tx&) { return put(1, 1); }), base::RequirementFailed);
  EXPECT_TRUE(put(1, 1).ok());
}

TEST_F(DatabaseTest, a_reader_keeps_its_snapshot) {
  ASSERT_TRUE(put(1, 1).ok());
  const auto seen = db->read<std::int64_t>("snapshot", [&](ReadTx& tx) -> Result<std::int64_t> {
    KARV_TRY(auto before, tx.read_one({kCount, {}}));
    std::thread([&] { EXPECT_TRUE(put(2, 1).ok()); }).join();
    KARV_TRY(auto after, tx.read_one({kCount, {}}));
    EXPECT_EQ(before[0].integer(0), after[0].integer(0));
    return after[0].integer(0);
  });
  EXPECT_EQ(*seen, 1);
  EXPECT_EQ(count(), 2);
}

}  // namespace
}  // namespace karv::store
