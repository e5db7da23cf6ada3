#include "store/postgres/postgres.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include "store/migrate.h"
#include "store/postgres/cluster_for_test.h"
#include "store/postgres/relay_for_test.h"

// The driver against a real server: races, lost connections, commits whose answer never came, what it refuses.

namespace karv::store {
namespace {

using base::ErrorCode;
using postgres::ClusterForTest;
using postgres::Relay;

constexpr Sql kInsert = "insert into item (item_id, amount) values ($1, $2)";
constexpr Sql kFind = "select amount from item where item_id = $1";
constexpr Sql kAdd = "update item set amount = $1 where item_id = $2 and amount = $3";
constexpr Sql kCount = "select count(*) from item";

std::span<const Migration> schema() {
  static const std::vector<Migration> all{
      {9001, "items", {"create table item (item_id BYTEA primary key, amount BIGINT not null)"}}};
  return all;
}

Bytes key(std::uint8_t n) { return Bytes(16, n); }

// From outside of the driver: whoever administers the server.
std::string administer(const std::string& text) {
  const auto& cluster = ClusterForTest::shared();
  PGconn* connection =
      PQconnectdb(fmt::format("host={} port={} user=karv dbname=postgres", cluster.folder(), cluster.port()).c_str());
  PGresult* result = PQexec(connection, text.c_str());
  const auto status = PQresultStatus(result);
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) << PQerrorMessage(connection);
  std::string answer = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  PQclear(result);
  PQfinish(connection);
  return answer;
}

class PostgresTest : public testing::Test {
 protected:
  PostgresTest() : name(ClusterForTest::shared().make_schema()) {
    db = open({});
    EXPECT_TRUE(migrate(*db, schema()).ok());
  }
  std::unique_ptr<Database> open(PostgresOptions options) {
    options.address = ClusterForTest::shared().address() + "&application_name=" + name;
    options.schema = name;
    auto opened = open_postgres(std::move(options));
    EXPECT_TRUE(opened.ok()) << opened.error().internal_text();
    return std::move(opened).value();
  }
  static Result<void> put(Database& database, std::uint8_t n, std::int64_t amount) {
    return database.write<void>("put", [&](Tx& tx) -> Result<void> {
      tx.write({kInsert, {key(n), amount}}, 1);
      return {};
    });
  }
  std::int64_t amount(std::uint8_t n) {
    return *db->read<std::int64_t>("amount", [&](ReadTx& tx) -> Result<std::int64_t> {
      KARV_TRY(const auto rows, tx.read_one({kFind, {key(n)}}));
      return rows.empty() ? -1 : rows[0].integer(0);
    });
  }
  // Adds one to a row that was read without a lock: the loser of a race must run again.
  static Result<void> add_one(Database& database, std::uint8_t n) {
    return database.write<void>("add", [&](Tx& tx) -> Result<void> {
      KARV_TRY(const auto rows, tx.read_one({kFind, {key(n)}}));
      const std::int64_t before = rows.at(0).integer(0);
      tx.write({kAdd, {before + 1, key(n), before}}, 1);
      return {};
    });
  }
  // Ends the server's side of every connection of this test, as a crash of the network would.
  void cut() const {
    administer("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '" + name + "'");
  }

  std::string name;
  std::unique_ptr<Database> db;
};

TEST_F(PostgresTest, who_loses_a_race_runs_again_and_no_step_is_lost) {
  ASSERT_TRUE(put(*db, 1, 0).ok());
  constexpr int kThreads = 4, kSteps = 50;
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kSteps;) {
        const auto added = add_one(*db, 1);
        if (added.ok()) ++i, ++done;
        // Only after six lost races in a row, and then saying so.
        if (!added.ok()) EXPECT_EQ(added.error().code(), ErrorCode::conflict);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, kThreads * kSteps);
  EXPECT_EQ(amount(1), kThreads * kSteps);
}

TEST_F(PostgresTest, deadlocks_are_run_again) {
  ASSERT_TRUE(put(*db, 1, 0).ok());
  ASSERT_TRUE(put(*db, 2, 0).ok());
  const auto cross = [&](std::uint8_t first, std::uint8_t second) {
    return db->write<void>("cross", [&](Tx& tx) -> Result<void> {
      KARV_TRY(const auto one, tx.read_for_update({{kFind, {key(first)}}}));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      KARV_TRY(const auto two, tx.read_for_update({{kFind, {key(second)}}}));
      tx.write({kAdd, {one[0][0].integer(0) + 1, key(first), one[0][0].integer(0)}}, 1);
      return {};
    });
  };
  std::thread other([&] { EXPECT_TRUE(cross(2, 1).ok()); });
  EXPECT_TRUE(cross(1, 2).ok());
  other.join();
  EXPECT_EQ(amount(1), 1);
  EXPECT_EQ(amount(2), 1);
}

TEST_F(PostgresTest, a_lost_connection_before_the_commit_is_run_again_on_another) {
  int runs = 0;
  const auto result = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    KARV_TRY(const auto rows, tx.read_one({kCount, {}}));
    if (++runs == 1) cut();
    tx.write({kInsert, {key(1), rows[0].integer(0)}}, 1);
    return {};
  });
  ASSERT_TRUE(result.ok()) << result.error().internal_text();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(amount(1), 0);
  cut();
  EXPECT_EQ(amount(1), 0);  // reads find a new connection too
}

// A trigger that waits at the commit gives the test time to cut the connection while the server works on it.
TEST_F(PostgresTest, a_commit_whose_answer_was_lost_is_looked_up_and_not_repeated) {
  administer("create table if not exists " + name + ".gate (open boolean)");
  administer("create or replace function " + name +
             ".wait() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return null; end $$");
  administer("create constraint trigger late after insert on " + name +
             ".item deferrable initially deferred for each row execute function " + name + ".wait()");
  int runs = 0;
  int actions = 0;
  std::thread cutter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cut();  // the commit has not happened: the server gives it up
  });
  const auto result = db->write<void>("put", [&](Tx& tx) -> Result<void> {
    ++runs;
    tx.after_commit([&] { ++actions; });
    tx.write({kInsert, {key(1), 5}}, 1);
    return {};
  });
  cutter.join();
  // It was found not to have happened, and only then run again.
  ASSERT_TRUE(result.ok()) << result.error().internal_text();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(actions, 1);
  EXPECT_EQ(amount(1), 5);
}

// The opposite: the server commits, and its answer is lost on the way.
TEST_F(PostgresTest, a_commit_that_happened_though_its_answer_was_lost_is_done_once) {
  const auto& cluster = ClusterForTest::shared();
  Relay relay(fmt::format("{}/.s.PGSQL.{}", cluster.folder(), cluster.port()));
  auto through = open_postgres({.address = "postgresql://karv@/postgres?host=" + relay.folder(), .schema = name});
  ASSERT_TRUE(through.ok()) << through.error().internal_text();
  ASSERT_TRUE(put(**through, 1, 0).ok());
  int actions = 0;
  for (int i = 0; i < 20; ++i) {
    relay.cut_at_next_commit();
    int runs = 0;
    const auto result = (*through)->write<void>("add", [&](Tx& tx) -> Result<void> {
      ++runs;
      tx.after_commit([&] { ++actions; });
      KARV_TRY(const auto rows, tx.read_one({kFind, {key(1)}}));
      const std::int64_t before = rows.at(0).integer(0);
      tx.write({kAdd, {before + 1, key(1), before}}, 1);
      return {};
    });
    ASSERT_TRUE(result.ok()) << result.error().internal_text();
    EXPECT_EQ(runs, 1);
  }
  EXPECT_EQ(relay.cuts(), 20);
  EXPECT_EQ(actions, 20);
  EXPECT_EQ(amount(1), 20);
}

TEST_F(PostgresTest, when_nobody_can_say_how_a_commit_ended_the_outcome_is_unknown) {
  const auto& cluster = ClusterForTest::shared();
  std::optional<Relay> relay(fmt::format("{}/.s.PGSQL.{}", cluster.folder(), cluster.port()));
  auto through = open_postgres({.address = "postgresql://karv@/postgres?host=" + relay->folder(),
                                .lookup_limit = base::milliseconds(300),
                                .schema = name});
  ASSERT_TRUE(through.ok());
  relay->cut_at_next_commit();
  std::thread ender([&] {
    while (relay->cuts() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    relay.reset();  // and now nobody answers any more
  });
  const auto result = put(**through, 1, 1);
  ender.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::unknown_outcome);
  EXPECT_EQ(put(**through, 2, 1).error().code(), ErrorCode::unavailable);  // nothing was sent: surely not done
}

TEST_F(PostgresTest, writes_that_count_wrong_stop_the_commit_behind_them) {
  ASSERT_TRUE(put(*db, 1, 7).ok());
  const auto result = db->write<void>("add", [&](Tx& tx) -> Result<void> {
    tx.write({kInsert, {key(2), 1}}, 1);
    tx.write({kAdd, {8, key(1), 99}}, 1);  // nobody has 99
    return {};
  });
  EXPECT_EQ(result.error().code(), ErrorCode::conflict);
  EXPECT_EQ(amount(2), -1);
  EXPECT_TRUE(put(*db, 3, 1).ok());  // the connection is as good as before
}

TEST_F(PostgresTest, a_thousand_writes_are_one_round_trip) {
  std::optional<WriteReport> last;
  auto measured = open({.on_write = [&](const WriteReport& report) { last = report; }});
  const auto result = measured->write<void>("many", [&](Tx& tx) -> Result<void> {
    for (int i = 0; i < 1000; ++i) {
      Bytes id(16, 9);
      id[0] = static_cast<std::uint8_t>(i / 256);
      id[1] = static_cast<std::uint8_t>(i % 256);
      tx.write({kInsert, {id, i}}, 1);
    }
    return {};
  });
  ASSERT_TRUE(result.ok()) << result.error().internal_text();
  EXPECT_EQ(last->round_trips, 1);
}

TEST_F(PostgresTest, a_big_value_and_a_big_answer_pass) {
  static constexpr Sql kPut = "insert into big (id, body) values ($1, $2)";
  static constexpr Sql kGet = "select body from big order by id";
  static const std::vector<Migration> all{
      {9001, "items", {"create table item (item_id BYTEA primary key, amount BIGINT not null)"}},
      {9002, "big", {"create table big (id BIGINT primary key, body BYTEA not null)"}}};
  ASSERT_TRUE(migrate(*db, all).ok());
  const Bytes body(3 << 20, 0x5a);
  ASSERT_TRUE(db->write<void>("big", [&](Tx& tx) -> Result<void> {
                  for (int i = 0; i < 8; ++i) tx.write({kPut, {i, body}}, 1);
                  KARV_TRY(const auto rows, tx.read_one({kGet, {}}));
                  EXPECT_EQ(rows.size(), 8U);
                  EXPECT_EQ(rows.at(7).bytes(0), body);
                  return {};
                }).ok());
}

TEST_F(PostgresTest, more_works_than_connections_wait_their_turn_and_give_up_in_time) {
  auto narrow = open({.connections = 1, .patience = base::milliseconds(200)});
  std::atomic<bool> inside = false, go = false;
  std::thread holder([&] {
    EXPECT_TRUE(narrow
                    ->write<void>("hold",
                                  [&](Tx& tx) -> Result<void> {
                                    KARV_TRY(const auto rows, tx.read_one({kCount, {}}));
                                    inside = true;
                                    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                    return {};
                                  })
                    .ok());
  });
  while (!inside) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(put(*narrow, 1, 1).error().code(), ErrorCode::unavailable);
  go = true;
  holder.join();
  EXPECT_TRUE(put(*narrow, 1, 1).ok());
}

TEST_F(PostgresTest, two_programs_that_migrate_at_once_apply_each_migration_once) {
  const std::string fresh = ClusterForTest::shared().make_schema();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      auto mine = open_postgres({.address = ClusterForTest::shared().address(), .schema = fresh});
      ASSERT_TRUE(mine.ok());
      const auto done = migrate(**mine, schema());
      EXPECT_TRUE(done.ok()) << done.error().internal_text();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(administer("select count(*) from " + fresh + ".schema_migrations"), "1");
}

TEST_F(PostgresTest, text_with_a_zero_character_is_refused_as_on_sqlite) {
  static constexpr Sql kPut = "insert into words (word) values ($1)";
  static const std::vector<Migration> all{
      {9001, "items", {"create table item (item_id BYTEA primary key, amount BIGINT not null)"}},
      {9002, "words", {"create table words (word TEXT primary key)"}}};
  ASSERT_TRUE(migrate(*db, all).ok());
  const auto result = db->write<void>("word", [&](Tx& tx) -> Result<void> {
    tx.write({kPut, {std::string("a\0b", 3)}}, 1);
    return {};
  });
  EXPECT_EQ(result.error().code(), ErrorCode::bad_value);
}

std::string why_not_opened(const std::string& address) {
  auto opened = open_postgres({.address = address});
  return opened.ok() ? "opened" : opened.error().internal_text();
}

TEST(PostgresOpenTest, by_tls_and_a_password_from_a_file) {
  EXPECT_EQ(why_not_opened(ClusterForTest::shared().address_over_tcp()), "opened");
}

TEST(PostgresOpenTest, a_server_with_a_certificate_of_another_authority_or_name_is_refused) {
  const auto& cluster = ClusterForTest::shared();
  // The server's own certificate is no authority for it.
  const auto other = fmt::format(
      "postgresql://karv@localhost:{}/postgres?hostaddr=127.0.0.1&sslrootcert=/etc/ssl/certs/"
      "ca-certificates.crt&passfile={}",
      cluster.port(), cluster.passfile());
  EXPECT_NE(why_not_opened(other).find("certificate verify failed"), std::string::npos) << why_not_opened(other);
  const auto named =
      fmt::format("postgresql://karv@db.example:{}/postgres?hostaddr=127.0.0.1&sslrootcert={}/ca.crt&passfile={}",
                  cluster.port(), cluster.folder(), cluster.passfile());
  EXPECT_NE(why_not_opened(named).find("does not match host name"), std::string::npos) << why_not_opened(named);
}

TEST(PostgresOpenTest, a_wrong_password_a_missing_database_and_a_closed_port_say_so) {
  const auto& cluster = ClusterForTest::shared();
  std::string file = std::filesystem::temp_directory_path() / "karv-passfile-XXXXXX";
  ::close(::mkstemp(file.data()));
  std::ofstream(file) << "*:*:*:karv:wrong\n";
  const auto wrong =
      fmt::format("postgresql://karv@localhost:{}/postgres?hostaddr=127.0.0.1&sslrootcert={}/ca.crt&passfile={}",
                  cluster.port(), cluster.folder(), file);
  EXPECT_NE(why_not_opened(wrong).find("password authentication failed"), std::string::npos);
  std::filesystem::remove(file);
  const auto missing = fmt::format("postgresql://karv@/nothing?host={}&port={}", cluster.folder(), cluster.port());
  EXPECT_NE(why_not_opened(missing).find("\"nothing\" does not exist"), std::string::npos);
  EXPECT_NE(why_not_opened("postgresql://karv@/karv?host=/no/such/folder").find("cannot be reached"),
            std::string::npos);
}

TEST(PostgresOpenTest, settings_that_could_lose_an_acknowledged_commit_are_refused) {
  const auto& cluster = ClusterForTest::shared();
  administer("create role careless login superuser");
  administer("alter role careless set synchronous_commit = off");
  const auto address = fmt::format("postgresql://careless@/postgres?host={}&port={}", cluster.folder(), cluster.port());
  EXPECT_NE(why_not_opened(address).find("synchronous_commit is off"), std::string::npos);
}

TEST(PostgresOpenTest, another_encoding_and_a_server_that_only_reads_are_refused) {
  const auto& cluster = ClusterForTest::shared();
  administer("create database latin encoding 'LATIN1' locale 'C' template template0");
  const auto latin = fmt::format("postgresql://karv@/latin?host={}&port={}", cluster.folder(), cluster.port());
  EXPECT_NE(why_not_opened(latin).find("encoding LATIN1"), std::string::npos);
  administer("create role reader login superuser");
  administer("alter role reader set default_transaction_read_only = on");
  const auto reads = fmt::format("postgresql://reader@/postgres?host={}&port={}", cluster.folder(), cluster.port());
  EXPECT_NE(why_not_opened(reads).find("read-only"), std::string::npos) << why_not_opened(reads);
}

}  // namespace
}  // namespace karv::store
