#include "store/insert_rows.h"

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

static_assert(kInsert.columns() == 3);
class InsertRowsTest : public testing::Test {
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

TEST_F(InsertRowsTest, parameters_are_numbered_through_and_words_stay) {
  EXPECT_EQ((sql_of_rows<kInsert, 1>().text()), kInsert.view());
  EXPECT_EQ((sql_of_rows<kInsert, 2>().text()),
            "insert into items (item_id, word, size, kind) values ($1, $2, $3, 'it'), ($4, $5, $6, 'it')");
  EXPECT_TRUE((sql_of_rows<kInsert, 4>().text().ends_with("($7, $8, $9, 'it'), ($10, $11, $12, 'it')")));
}

TEST_F(InsertRowsTest, every_row_is_written_once_whatever_their_number) {
  std::int64_t rows = 0;
  std::int64_t odd = 0;
  for (const std::size_t count : {0U, 1U, 7U, 8U, 9U, 31U, 32U, 33U, 64U, 100U}) {
    ASSERT_TRUE(insert(rows + 1, count).ok()) << count;
    rows += static_cast<std::int64_t>(count);
    odd += static_cast<std::int64_t>(count / 2);
    EXPECT_EQ(counted(), (std::vector<std::int64_t>{rows, rows * (rows + 1) / 2, odd})) << count;
  }
}

TEST_F(InsertRowsTest, one_row_that_is_there_already_fails_them_all) {
  ASSERT_TRUE(insert(70, 1).ok());
  EXPECT_EQ(insert(1, 100).error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(counted()[0], 1);
}

}  // namespace
}  // namespace karv::store
