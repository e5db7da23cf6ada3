#include "store/copy/copy.h"

#include <limits>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/temporary.h"

namespace karv::store {
namespace {

using base::ErrorCode;

constexpr Sql kInsertItem = "insert into items (item_id, owner, note, amount, flag) values ($1, $2, $3, $4, $5)";
constexpr Sql kInsertPart = "insert into parts (name, number, item_id) values ($1, $2, $3)";
constexpr Sql kInsertLast = "insert into numbers (number, note) values ($1, $2)";
constexpr Sql kEverything = "select item_id, owner, note, amount, flag from items order by item_id";
constexpr Sql kParts = "select name, number, item_id from parts order by item_id, number";
constexpr Sql kInsertWord = "insert into a_words (word, number) values ($1, $2)";
constexpr Sql kDeleteWord = "delete from a_words where word = $1";
constexpr Sql kChangeItem = "update items set flag = $1 where item_id = $2";

constexpr std::string_view kItemsTable =
    "create table items (item_id BYTEA primary key, owner BYTEA, note TEXT, amount BIGINT, flag BIGINT not null)";
constexpr std::string_view kPartsTable =
    "create table parts (name TEXT not null, number BIGINT not null,"
    " item_id BYTEA not null references items (item_id), primary key (name, number))";
constexpr std::string_view kNumbersTable = "create table numbers (number BIGINT primary key, note TEXT not null)";
// By name, it would come before what it refers to.
constexpr std::string_view kWordsTable =
    "create table a_words (word TEXT primary key, number BIGINT not null references numbers (number))";

std::vector<Migration> schema() {
  return {{9001,
           "things",
           {kItemsTable, kPartsTable, kNumbersTable, kWordsTable, "create index parts_of_item on parts (item_id)"}},
          {9002, "a column more", {"alter table numbers add column more BIGINT not null default 7"}}};
}

Bytes id_of(int n) { return {static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n), 0x00, 0xff}; }

constexpr int kItems = 37;

void fill(Database& database) {
  const auto done = database.write<void>("fill", [](Tx& tx) -> Result<void> {
    for (int n = 0; n < kItems; ++n) {
      tx.write(
          {kInsertItem,
           {id_of(n), n % 3 == 0 ? Value() : Value(Bytes(static_cast<std::size_t>(n), 0x00)),
            n % 4 == 0 ? Value() : Value(fmt::format("it's \"{}\" ö 漢 \\x \n;", n)),
            n % 2 == 0 ? std::numeric_limits<std::int64_t>::min() + n : std::numeric_limits<std::int64_t>::max() - n,
            n % 2}},
          1);
      // Words that a language would sort otherwise: capitals, accents, blanks.
      tx.write({kInsertPart, {n % 2 == 0 ? "a b" : n % 3 == 0 ? "Ab" : n % 5 == 0 ? "éa" : "ab", n, id_of(n)}}, 1);
      tx.write({kInsertLast, {n * 1000 - 5, ""}}, 1);
      tx.write({kInsertWord, {fmt::format("w{}", n), n * 1000 - 5}}, 1);
    }
    return {};
  });
  ASSERT_TRUE(done.ok());
}

struct Broken : std::runtime_error {
  Broken() : std::runtime_error("broken off") {}
};

// One end: a database of its own on the engine that is asked for, closed when it is copied.
class End {
 public:
  explicit End(bool postgres, const std::vector<Migration>& migrations = schema()) {
    if (postgres) {
      schema_ = postgres::ClusterForTest::shared().make_schema();
      where_ = {.address = postgres::ClusterForTest::shared().address(), .schema = schema_};
    } else {
      file_.emplace(TemporaryDatabase::create_file({}));
      where_ = {.address = file_->path()};
      file_->close();
    }
    if (!migrations.empty()) EXPECT_TRUE(migrate(*open(), migrations).ok());
  }
  const CopyEnd& where() const { return where_; }
  std::unique_ptr<Database> open() const {
    auto opened = schema_.empty() ? open_sqlite({.path = where_.address})
                                  : open_postgres({.address = where_.address, .connections = 1, .schema = schema_});
    EXPECT_TRUE(opened.ok());
    return std::move(opened).value();
  }
  Rows rows(Sql text) const {
    return open()->read<Rows>("rows", [&](ReadTx& tx) { return tx.read_one({text, {}}); }).value();
  }

 private:
  std::string schema_;
  std::optional<TemporaryDatabase> file_;
  CopyEnd where_;
};

// Source and target in every combination of the two engines; so it runs once, whatever engine is tested.
class CopyTest : public testing::TestWithParam<std::pair<bool, bool>> {
 protected:
  Result<std::unique_ptr<Copy>> open(std::int64_t page = 10, std::function<void(const CopyProgress&)> tell = {}) {
    return Copy::open({.from = from.where(), .to = to.where(), .page_rows = page, .on_progress = std::move(tell)});
  }
  void expect_same() {
    const auto known = schema();
    EXPECT_TRUE(require_schema(*to.open(), known).ok());
    for (const Sql text : {kEverything, kParts}) {
      const auto one = from.rows(text), other = to.rows(text);
      ASSERT_EQ(one.size(), other.size());
      for (std::size_t row = 0; row < one.size(); ++row) {
        for (std::size_t column = 0; column < one[row].size(); ++column)
          EXPECT_EQ(one[row].is_null(column), other[row].is_null(column));
        if (one[row].size() == 3) continue;
        EXPECT_EQ(one[row].bytes_or_null(1), other[row].bytes_or_null(1));
        EXPECT_EQ(one[row].text_or_null(2), other[row].text_or_null(2));
        EXPECT_EQ(one[row].integer(3), other[row].integer(3));
      }
    }
  }
  void finish(Copy& copy) {
    ASSERT_TRUE(copy.run().ok());
    const auto compared = copy.compare();
    ASSERT_TRUE(compared.ok()) << compared.error().internal_text();
    EXPECT_EQ(compared->size(), 4U);
    ASSERT_TRUE(copy.finish().ok());
  }
  End from{GetParam().first}, to{GetParam().second};
};

TEST_P(CopyTest, every_row_and_every_type_arrives) {
  fill(*from.open());
  {
    std::int64_t told = 0;
    auto copy = open(10, [&](const CopyProgress& progress) {
      EXPECT_LE(progress.rows, progress.total);
      ++told;
    });
    ASSERT_TRUE(copy.ok()) << copy.error().internal_text();
    EXPECT_FALSE((*copy)->resumes());
    EXPECT_TRUE((*copy)->has_table("items"));
    EXPECT_FALSE((*copy)->has_table("schema_migrations"));
    finish(**copy);
    EXPECT_GT(told, 12);
  }
  expect_same();
  const auto again = open();
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE((*again)->complete());
}

TEST_P(CopyTest, a_copy_that_was_broken_off_goes_on_and_is_kept_from_programs_until_then) {
  fill(*from.open());
  int starts = 0;
  for (bool done = false; !done; ++starts) {
    int pages = 0;
    try {
      auto copy = open(3, [&](const CopyProgress&) {
        if (++pages == 4) throw Broken();
      });
      ASSERT_TRUE(copy.ok()) << copy.error().internal_text();
      EXPECT_EQ((*copy)->resumes(), starts > 0);
      ASSERT_TRUE((*copy)->run().ok());
      done = true;
    } catch (const Broken&) {
    }
    const auto known = schema();
    const auto target = to.open();
    for (const auto& refused : {require_schema(*target, known), migrate(*target, known)}) {
      EXPECT_EQ(refused.error().code(), ErrorCode::not_allowed);
      EXPECT_NE(refused.error().internal_text().find("broken off"), std::string::npos);
    }
  }
  EXPECT_GT(starts, 8);
  {
    auto copy = open();
    ASSERT_TRUE(copy.ok());
    finish(**copy);
  }
  expect_same();
}

TEST_P(CopyTest, a_target_with_rows_is_refused) {
  fill(*to.open());
  const auto copy = open();
  ASSERT_FALSE(copy.ok());
  EXPECT_EQ(copy.error().code(), ErrorCode::not_allowed);
  EXPECT_NE(copy.error().internal_text().find("not empty"), std::string::npos);
}

TEST_P(CopyTest, a_source_that_changed_in_between_is_refused) {
  fill(*from.open());
  try {
    auto copy = open(3, [](const CopyProgress&) { throw Broken(); });
    ASSERT_TRUE(copy.ok());
    (void)(*copy)->run();
    FAIL();
  } catch (const Broken&) {
  }
  ASSERT_TRUE(from.open()
                  ->write<void>("change",
                                [](Tx& tx) -> Result<void> {
                                  tx.write({kDeleteWord, {"w1"}}, 1);
                                  return {};
                                })
                  .ok());
  EXPECT_NE(open().error().internal_text().find("has changed"), std::string::npos);
  // The same number of rows: found by the comparison.
  ASSERT_TRUE(from.open()
                  ->write<void>("change",
                                [](Tx& tx) -> Result<void> {
                                  tx.write({kInsertWord, {"w1", 995}}, 1);
                                  tx.write({kChangeItem, {8, id_of(1)}}, 1);
                                  return {};
                                })
                  .ok());
  auto copy = open();
  ASSERT_TRUE(copy.ok()) << copy.error().internal_text();
  ASSERT_TRUE((*copy)->run().ok());
  EXPECT_EQ((*copy)->compare().error().code(), ErrorCode::not_allowed);
}

std::string engines(const testing::TestParamInfo<std::pair<bool, bool>>& info) {
  const auto word = [](bool postgres) { return postgres ? "postgres" : "file"; };
  return fmt::format("{}_to_{}", word(info.param.first), word(info.param.second));
}
INSTANTIATE_TEST_SUITE_P(Engines, CopyTest,
                         testing::Values(std::pair(false, false), std::pair(false, true), std::pair(true, false)),
                         engines);

class CopyRefusalTest : public testing::Test {
 protected:
  static std::string refusal(const CopyEnd& from, const CopyEnd& to) {
    const auto copy = Copy::open({.from = from, .to = to});
    return copy.ok() ? "" : copy.error().internal_text();
  }
  static bool has(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }
};

TEST_F(CopyRefusalTest, the_same_database_however_it_is_written) {
  const End one(false);
  EXPECT_TRUE(has(refusal(one.where(), {"sqlite:" + one.where().address}), "the same database"));
  const auto at = one.where().address.rfind('/');
  const auto roundabout = one.where().address.substr(0, at) + "/." + one.where().address.substr(at);
  EXPECT_TRUE(has(refusal(one.where(), {roundabout}), "the same database"));
}

TEST_F(CopyRefusalTest, what_is_not_there_or_has_no_schema_or_another_one) {
  const End whole(false), bare(false, {}), older(false, {schema()[0]}), gone(false);
  EXPECT_TRUE(has(refusal(whole.where(), {gone.where().address + ".missing"}), "the target"));
  EXPECT_TRUE(has(refusal({gone.where().address + ".missing"}, whole.where()), "does not exist"));
  EXPECT_TRUE(has(refusal(whole.where(), bare.where()), "karv migrate"));
  EXPECT_TRUE(has(refusal(bare.where(), whole.where()), "the source: has no schema"));
  EXPECT_TRUE(has(refusal(whole.where(), older.where()), "different schemas"));
  EXPECT_TRUE(has(refusal(older.where(), whole.where()), "different schemas"));
}

TEST_F(CopyRefusalTest, a_database_that_is_served) {
  const End from(false), to(false);
  for (const End* served : {&from, &to}) {
    const auto server = open_sqlite({.path = served->where().address, .use = StoreUse::server});
    ASSERT_TRUE(server.ok());
    EXPECT_TRUE(has(refusal(from.where(), to.where()), "is served by"));
  }
  const End grown(true);
  const auto client = grown.open();
  EXPECT_TRUE(has(refusal(from.where(), grown.where()), "in use: 1 other"));
}

TEST_F(CopyRefusalTest, the_copy_of_something_else_and_a_copy_that_is_not_whole) {
  const End from(false), another(false), to(false), next(false);
  {
    ASSERT_TRUE(Copy::open({.from = from.where(), .to = to.where()}).ok());
  }  // begun, and broken off
  EXPECT_TRUE(has(refusal(another.where(), to.where()), "a copy of"));
  EXPECT_TRUE(has(refusal(to.where(), next.where()), "itself a copy"));
}

TEST_F(CopyRefusalTest, tables_that_are_not_ours) {
  const auto with = [](std::vector<std::string_view> tables) {
    auto more = schema();
    more.push_back({9003, "odd", std::move(tables)});
    return more;
  };
  const auto keyless = with({"create table odd (n BIGINT not null)"});
  const End from(false, keyless), to(false, keyless);
  EXPECT_TRUE(has(refusal(from.where(), to.where()), "no primary key"));
  constexpr std::string_view kOdd = "create table odd (n BIGINT primary key references even (n))";
  constexpr std::string_view kEven = "create table even (n BIGINT primary key references odd (n))";
  const auto circle = with({kOdd, kEven});
  const End one(false, circle), other(false, circle);
  EXPECT_TRUE(has(refusal(one.where(), other.where()), "in a circle"));
}

TEST_F(CopyRefusalTest, an_address_with_a_password_is_refused_and_not_repeated) {
  const End from(false);
  const auto said = refusal(from.where(), {"postgresql://karv:hunter2@db.example/karv"});
  EXPECT_TRUE(has(said, "holds a password"));
  EXPECT_FALSE(has(said, "hunter2"));
}

// kill -9 at any moment: the child copies one row at a time, and is killed after a moment that grows.
TEST_F(CopyRefusalTest, kill_9_at_any_moment_is_gone_on_from) {
  const End from(false), to(false);
  fill(*from.open());
  int kills = 0;
  for (useconds_t pause_us = 2'000;; pause_us += pause_us / 4) {
    const pid_t child = fork();
    if (child == 0) {
      auto copy = Copy::open({.from = from.where(), .to = to.where(), .page_rows = 1});
      const bool done = copy.ok() && (*copy)->run().ok() && (*copy)->compare().ok() && (*copy)->finish().ok();
      _exit(done ? 0 : 1);
    }
    usleep(pause_us);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      break;
    }
    ++kills;
    ASSERT_LT(pause_us, 10'000'000U);
  }
  EXPECT_GT(kills, 1);
  auto copy = Copy::open({.from = from.where(), .to = to.where()});
  ASSERT_TRUE(copy.ok()) << copy.error().internal_text();
  EXPECT_TRUE((*copy)->complete());
  const auto compared = (*copy)->compare();
  ASSERT_TRUE(compared.ok()) << compared.error().internal_text();
}

}  // namespace
}  // namespace karv::store
