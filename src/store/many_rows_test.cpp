#include "store/many_rows.h"

#include <gtest/gtest.h>

#include "store/temporary.h"

namespace karv::store {
namespace {

constexpr std::string_view kCreate =
    "create table items (item_id BIGINT primary key, word TEXT not null, size BIGINT, kind TEXT not null)";
const std::array<Migration, 1> kMigrations{{{999'001, "items", {kCreate}}}};

constexpr RowSql kInsert = "insert into items (item_id, word, size, kind) values ($1, $2, $3, 'it')";
constexpr Sql kCount =
    "select count(*), cast(coalesce(sum(item_id), 0) as BIGINT), cast(coalesce(sum(size), 0) as BIGINT) from items";

constexpr RowSql kPut =
    "insert into items (item_id, word, size, kind) values ($1, $2, $3, 'it')"
    " on conflict (item_id) do update set word = excluded.word, size = excluded.size";
constexpr RowSql kFind = "select item_id, size from items where item_id in ($1) order by item_id";
constexpr RowSql kDelete = "delete from items where word = $1 and item_id in ($2)";

static_assert(many_rows_detail::parts_of(kInsert.view()).good());
static_assert(!many_rows_detail::parts_of("select item_id from items").good());
static_assert(!many_rows_detail::parts_of("delete from items where item_id in ($1) and word = $2").good());
static_assert(!many_rows_detail::parts_of("insert into items (item_id) values (abs($1))").good());
static_assert(!many_rows_detail::parts_of("delete from items where item_id in (1)").good());
static_assert(!many_rows_detail::parts_of("delete from items where item_id in (select 1 where 2 = $1)").good());
static_assert(!many_rows_detail::parts_of("insert into items (item_id, kind) values ($1, 'a)b')").good());

class ManyRowsTest : public testing::Test {
 protected:
  Result<void> insert(std::int64_t first, std::size_t count) {
    return db->write<void>("test", [&](Tx& tx) -> Result<void> {
      insert_rows<kInsert>(tx, count, [&](std::size_t i, std::vector<Value>& values) {
        values.emplace_back(first + static_cast<std::int64_t>(i));
        values.emplace_back("word");
        if (i % 2 == 0)
          values.emplace_back();
        else
          values.emplace_back(1);
      });
      return {};
    });
  }
  std::vector<std::int64_t> counted() {
    const auto row = db->read<Rows>("test", [](ReadTx& tx) { return tx.read_one({kCount, {}}); })->front();
    return {row.integer(0), row.integer(1), row.integer(2)};
  }
  TemporaryDatabase db = TemporaryDatabase::create(kMigrations);
};

TEST_F(ManyRowsTest, parameters_are_numbered_through_and_words_stay) {
  EXPECT_EQ((sql_of_rows<kInsert, 1>().text()), kInsert.view());
  EXPECT_EQ((sql_of_rows<kInsert, 2>().text()),
            "insert into items (item_id, word, size, kind) values ($1, $2, $3, 'it'), ($4, $5, $6, 'it')");
  EXPECT_TRUE((sql_of_rows<kInsert, 4>().text().ends_with("($7, $8, $9, 'it'), ($10, $11, $12, 'it')")));
}

TEST_F(ManyRowsTest, lists_grow_inside_their_parentheses_and_the_rest_of_the_text_stays) {
  EXPECT_EQ((sql_of_rows<kFind, 1>().text()), kFind.view());
  EXPECT_EQ((sql_of_rows<kFind, 3>().text()),
            "select item_id, size from items where item_id in ($1, $2, $3) order by item_id");
  EXPECT_EQ((sql_of_rows<kDelete, 2>().text()), "delete from items where word = $1 and item_id in ($2, $3)");
  EXPECT_TRUE((sql_of_rows<kPut, 2>().text().find("($4, $5, $6, 'it') on conflict (item_id)") != std::string::npos));
}

TEST_F(ManyRowsTest, rows_are_found_in_order_and_a_key_without_a_row_has_none) {
  ASSERT_TRUE(insert(1, 100).ok());
  for (const std::size_t count : {0U, 1U, 8U, 9U, 41U, 100U}) {
    std::vector<Query> batch;
    find_rows<kFind>(batch, count, false, [](std::size_t i, std::vector<Value>& values) {
      values.emplace_back(static_cast<std::int64_t>(2 * i + 2));  // every other; beyond 100 there are none
    });
    const auto answers = *db->read<std::vector<Rows>>("test", [&](ReadTx& tx) { return tx.read(std::move(batch)); });
    std::vector<std::int64_t> found;
    for (const auto& rows : answers)
      for (const auto& row : rows) found.push_back(row.integer(0));
    ASSERT_EQ(found.size(), std::min<std::size_t>(count, 50));
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], static_cast<std::int64_t>(2 * i + 2));
  }
}

TEST_F(ManyRowsTest, a_removal_takes_these_rows_only_or_none) {
  ASSERT_TRUE(insert(1, 100).ok());
  const auto remove = [&](std::int64_t first, std::size_t count, std::string_view word) {
    return db->write<void>("test", [&](Tx& tx) -> Result<void> {
      delete_rows<kDelete>(tx, std::array<Value, 1>{Value(std::string(word))}, count,
                           [&](std::size_t i, std::vector<Value>& values) {
                             values.emplace_back(first + static_cast<std::int64_t>(i));
                           });
      return {};
    });
  };
  ASSERT_TRUE(remove(1, 41, "word").ok());
  EXPECT_EQ(counted()[0], 59);
  EXPECT_EQ(counted()[1], 5'050 - 41 * 42 / 2);
  EXPECT_EQ(remove(42, 41, "another").error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(remove(61, 41, "word").error().code(), base::ErrorCode::conflict);  // 101 is not there
  EXPECT_EQ(counted()[0], 59);
}

TEST_F(ManyRowsTest, rows_that_are_there_are_changed_all_at_once) {
  ASSERT_TRUE(insert(1, 45).ok());
  ASSERT_TRUE(db->write<void>("test", [&](Tx& tx) -> Result<void> {
                  insert_rows<kPut>(tx, 45, [](std::size_t i, std::vector<Value>& values) {
                    values.emplace_back(static_cast<std::int64_t>(i) + 1);
                    values.emplace_back("changed");
                    values.emplace_back(10);
                  });
                  return {};
                }).ok());
  EXPECT_EQ(counted(), (std::vector<std::int64_t>{45, 45 * 46 / 2, 450}));
}

TEST_F(ManyRowsTest, every_row_is_written_once_whatever_their_number) {
  std::int64_t rows = 0;
  std::int64_t odd = 0;
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 31U, 32U, 33U, 64U, 100U}) {
    ASSERT_TRUE(insert(rows + 1, count).ok()) << count;
    rows += static_cast<std::int64_t>(count);
    odd += static_cast<std::int64_t>(count / 2);
    EXPECT_EQ(counted(), (std::vector<std::int64_t>{rows, rows * (rows + 1) / 2, odd})) << count;
  }
}

TEST_F(ManyRowsTest, one_row_that_is_there_already_fails_them_all) {
  ASSERT_TRUE(insert(70, 1).ok());
  EXPECT_EQ(insert(1, 100).error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(counted()[0], 1);
}

}  // namespace
}  // namespace karv::store
