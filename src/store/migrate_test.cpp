#include "store/migrate.h"

#include <gtest/gtest.h>

#include "store/sqlite/dialect.h"
#include "store/temporary.h"

namespace karv::store {
namespace {

using base::ErrorCode;

constexpr Sql kCountInSqlite = "select count(*) from sqlite_master where name = $1";
constexpr Sql kCountInPostgres =
    "select count(*) from pg_class where relnamespace = cast(current_schema() as regnamespace) and relname = $1";

const Migration kFirst{9001, "first", {"create table a (a_id BYTEA primary key, n BIGINT not null)"}};
const Migration kSecond{
    9002, "second", {"alter table a add column note TEXT not null default ''", "create index a_n on a (n)"}};

class MigrateTest : public testing::Test {
 protected:
  bool has(const char* name) {
    const Sql count = testing_on_postgres() ? kCountInPostgres : kCountInSqlite;
    const auto rows = db->read<Rows>("has", [&](ReadTx& tx) { return tx.read_one({count, {name}}); });
    return (*rows)[0].integer(0) == 1;
  }
  TemporaryDatabase db = TemporaryDatabase::create({});
};

TEST_F(MigrateTest, what_is_missing_is_applied_once) {
  const std::vector<Migration> all{kFirst, kSecond};
  EXPECT_EQ(require_schema(*db, all).error().code(), ErrorCode::not_allowed);
  ASSERT_TRUE(migrate(*db, std::span(all).first(1)).ok());
  EXPECT_EQ(require_schema(*db, all).error().code(), ErrorCode::not_allowed);
  ASSERT_TRUE(migrate(*db, all).ok());
  ASSERT_TRUE(migrate(*db, all).ok());
  EXPECT_TRUE(require_schema(*db, all).ok());
  EXPECT_TRUE(has("a_n"));
}

TEST_F(MigrateTest, a_migration_from_a_newer_program_is_refused) {
  const std::vector<Migration> newer{kFirst, kSecond};
  ASSERT_TRUE(migrate(*db, newer).ok());
  const std::vector<Migration> older{kFirst};
  EXPECT_EQ(migrate(*db, older).error().code(), ErrorCode::not_allowed);
  EXPECT_EQ(require_schema(*db, older).error().code(), ErrorCode::not_allowed);
}

TEST_F(MigrateTest, a_migration_that_was_edited_is_refused_before_anything_is_applied) {
  ASSERT_TRUE(migrate(*db, std::vector<Migration>{kFirst}).ok());
  Migration edited = kFirst;
  edited.statements = {"create table a (a_id BYTEA primary key, n BIGINT)"};
  const std::vector<Migration> all{edited, kSecond};
  EXPECT_EQ(migrate(*db, all).error().code(), ErrorCode::not_allowed);
  EXPECT_FALSE(has("a_n"));
}

TEST_F(MigrateTest, a_migration_that_fails_leaves_nothing_of_itself) {
  const Migration broken{9003, "broken", {"create table b (b_id BIGINT primary key)", "create tabel c (x BIGINT)"}};
  EXPECT_FALSE(migrate(*db, std::vector<Migration>{kFirst, broken}).ok());
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("b"));
  EXPECT_TRUE(migrate(*db, std::vector<Migration>{kFirst, kSecond}).ok());
}

TEST_F(MigrateTest, the_status_says_what_is_applied_pending_newer_and_changed) {
  const std::vector<Migration> known{kFirst, kSecond};
  ASSERT_TRUE(migrate(*db, std::vector<Migration>{kFirst}).ok());
  const auto half = migration_status(*db, known);
  ASSERT_EQ(half->size(), 2U);
  EXPECT_EQ((*half)[0].state, MigrationState::applied);
  EXPECT_EQ((*half)[0].name, "first");
  EXPECT_TRUE((*half)[0].applied_at.has_value());
  EXPECT_EQ((*half)[1].state, MigrationState::pending);
  EXPECT_FALSE((*half)[1].applied_at.has_value());
  EXPECT_FALSE(has("a_n"));
  Migration edited = kFirst;
  edited.statements = {"create table a (a_id BYTEA primary key)"};
  EXPECT_EQ((*migration_status(*db, std::vector<Migration>{edited}))[0].state, MigrationState::changed);
  const auto older = migration_status(*db, std::vector<Migration>{kSecond});
  EXPECT_EQ((*older)[0].state, MigrationState::unknown);
  EXPECT_EQ((*older)[0].number, 9001);
}

TEST_F(MigrateTest, each_migration_is_told_once_it_is_applied) {
  std::vector<std::int64_t> told;
  const auto tell = [&](const Migration& migration) { told.push_back(migration.number); };
  const std::vector<Migration> all{kFirst, kSecond};
  ASSERT_TRUE(migrate(*db, all, tell).ok());
  ASSERT_TRUE(migrate(*db, all, tell).ok());
  EXPECT_EQ(told, (std::vector<std::int64_t>{9001, 9002}));
}

TEST_F(MigrateTest, lists_of_modules_are_joined_in_order) {
  const std::vector<Migration> late{kSecond};
  const std::vector<Migration> early{kFirst};
  const auto all = all_migrations({late, early, migrations()});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].number, 1001);
  EXPECT_EQ(all[1].number, 9001);
  EXPECT_EQ(all[2].number, 9002);
  EXPECT_DEATH(std::ignore = all_migrations({late, late}), "KARV_CHECK");
}

TEST(DialectTest, types_become_those_of_sqlite_and_tables_strict) {
  using sqlite::to_sqlite_schema;
  EXPECT_EQ(to_sqlite_schema("create table t (id BYTEA primary key, n bigint not null, s TEXT)"),
            "create table t (id BLOB primary key, n INTEGER not null, s TEXT) STRICT, WITHOUT ROWID");
  EXPECT_EQ(to_sqlite_schema("CREATE  TABLE t (n BIGINT PRIMARY KEY)"),
            "CREATE  TABLE t (n INTEGER PRIMARY KEY) STRICT");
  EXPECT_EQ(to_sqlite_schema("create table t (a BIGINT, b BIGINT, primary key (a, b))"),
            "create table t (a INTEGER, b INTEGER, primary key (a, b)) STRICT, WITHOUT ROWID");
  EXPECT_EQ(to_sqlite_schema("create table t (n BIGINT)"), "create table t (n INTEGER) STRICT");
  EXPECT_EQ(to_sqlite_schema("create table t (s TEXT check (s in ('bigint', 'it''s bytea')), my_bigint TEXT)"),
            "create table t (s TEXT check (s in ('bigint', 'it''s bytea')), my_bigint TEXT) STRICT");
  EXPECT_EQ(to_sqlite_schema("create index i on t (n)"), "create index i on t (n)");
  EXPECT_EQ(to_sqlite_schema("alter table t add column b BYTEA"), "alter table t add column b BLOB");
}

}  // namespace
}  // namespace karv::store
