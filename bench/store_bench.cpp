// Purchase-like rows through the store's group commit, against a bare SQLite loop with the same rows and batching.
//
//   store_bench [threads] [seconds]
//
// A request: two selects by primary key, six inserts (two secondary indexes), one update; 16-byte time-ordered keys.
#include <atomic>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "bench_support.h"
#include "store/migrate.h"
#include "store/sqlite/dialect.h"
#include "store/sqlite/sqlite.h"

namespace karv::bench {
namespace {

using store::Sql;
using store::Value;

constexpr int kAgreements = 1000;

const std::vector<std::string_view> kTables{
    "create table agreements (agreement_id BYTEA primary key, owed BIGINT not null, version BIGINT not null)",
    "create table orders (order_id BYTEA primary key, merchant BYTEA not null, status TEXT not null,"
    " amount BIGINT not null, created_at BIGINT not null)",
    "create index orders_merchant on orders (merchant, order_id)",
    "create table order_lines (line_id BYTEA primary key, order_id BYTEA not null, name TEXT not null,"
    " amount BIGINT not null)",
    "create index order_lines_order on order_lines (order_id)",
    "create table transfers (transfer_id BYTEA primary key, debit BYTEA not null, credit BYTEA not null,"
    " amount BIGINT not null)",
    "create table records (record_id BYTEA primary key, action TEXT not null, digest BYTEA not null)",
    "create table replies (reply_id BYTEA primary key, body TEXT not null)"};

constexpr Sql kFindAgreement = "select owed, version from agreements where agreement_id = $1";
constexpr Sql kFindReply = "select body from replies where reply_id = $1";
constexpr Sql kInsertAgreement = "insert into agreements (agreement_id, owed, version) values ($1, 0, 0)";
constexpr Sql kInsertOrder =
    "insert into orders (order_id, merchant, status, amount, created_at) values ($1, $2, $3, $4, $5)";
constexpr Sql kInsertLine = "insert into order_lines (line_id, order_id, name, amount) values ($1, $2, $3, $4)";
constexpr Sql kInsertTransfer = "insert into transfers (transfer_id, debit, credit, amount) values ($1, $2, $3, $4)";
constexpr Sql kInsertRecord = "insert into records (record_id, action, digest) values ($1, $2, $3)";
constexpr Sql kInsertReply = "insert into replies (reply_id, body) values ($1, $2)";
constexpr Sql kUpdateAgreement = "update agreements set owed = $1, version = $2 where agreement_id = $3";

base::Bytes agreement_key(std::uint64_t n) {
  base::Bytes key(16, 0);
  for (std::size_t i = 0; i < 8; ++i) key[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return key;
}

// The same values for both sides, made outside of the transaction as a use case would.
struct Request {
  base::Bytes agreement, order, merchant, line_1, line_2, transfer, record, reply, digest;
  std::string body = std::string(400, 'x');
};

Request make_request(const base::Clock& clock, base::Random& random) {
  const auto id = [&] {
    const auto uuid = base::make_uuid_v7(clock, random);
    return base::Bytes(uuid.begin(), uuid.end());
  };
  return {.agreement = agreement_key(random.below(kAgreements)),
          .order = id(),
          .merchant = base::Bytes(16, 9),
          .line_1 = id(),
          .line_2 = id(),
          .transfer = id(),
          .record = id(),
          .reply = id(),
          .digest = base::Bytes(32, 5)};
}

base::Result<void> request_through_store(store::Tx& tx, const Request& r) {
  KARV_TRY(const auto rows, tx.read({{kFindAgreement, {r.agreement}}, {kFindReply, {r.reply}}}));
  const auto& agreement = rows.at(0).at(0);
  tx.write({kInsertOrder, {r.order, r.merchant, "placed", 1000, 1}}, 1);
  tx.write({kInsertLine, {r.line_1, r.order, "a line of an order", 600}}, 1);
  tx.write({kInsertLine, {r.line_2, r.order, "a line of an order", 400}}, 1);
  tx.write({kInsertTransfer, {r.transfer, r.agreement, r.merchant, 1000}}, 1);
  tx.write({kInsertRecord, {r.record, "order_placed", r.digest}}, 1);
  tx.write({kInsertReply, {r.reply, r.body}}, 1);
  tx.write({kUpdateAgreement, {agreement.integer(0) + 1000, agreement.integer(1) + 1, r.agreement}}, 1);
  return {};
}

class BareLoop {
 public:
  explicit BareLoop(Bare& bare)
      : find_agreement_(bare.prepare(kFindAgreement.text())),
        find_reply_(bare.prepare(kFindReply.text())),
        order_(bare.prepare(kInsertOrder.text())),
        line_(bare.prepare(kInsertLine.text())),
        transfer_(bare.prepare(kInsertTransfer.text())),
        record_(bare.prepare(kInsertRecord.text())),
        reply_(bare.prepare(kInsertReply.text())),
        update_(bare.prepare(kUpdateAgreement.text())) {}

  void request(const Request& r) {
    blob(find_agreement_, 1, r.agreement);
    KARV_CHECK(sqlite3_step(find_agreement_) == SQLITE_ROW);
    const auto owed = sqlite3_column_int64(find_agreement_, 0);
    const auto version = sqlite3_column_int64(find_agreement_, 1);
    sqlite3_reset(find_agreement_);
    blob(find_reply_, 1, r.reply);
    KARV_CHECK(sqlite3_step(find_reply_) == SQLITE_DONE);
    sqlite3_reset(find_reply_);
    blob(order_, 1, r.order), blob(order_, 2, r.merchant), text(order_, 3, "placed"), number(order_, 4, 1000);
    number(order_, 5, 1), done(order_);
    for (const auto* id : {&r.line_1, &r.line_2}) {
      blob(line_, 1, *id), blob(line_, 2, r.order), text(line_, 3, "a line of an order"), number(line_, 4, 500);
      done(line_);
    }
    blob(transfer_, 1, r.transfer), blob(transfer_, 2, r.agreement), blob(transfer_, 3, r.merchant);
    number(transfer_, 4, 1000), done(transfer_);
    blob(record_, 1, r.record), text(record_, 2, "order_placed"), blob(record_, 3, r.digest), done(record_);
    blob(reply_, 1, r.reply), text(reply_, 2, r.body), done(reply_);
    number(update_, 1, owed + 1000), number(update_, 2, version + 1), blob(update_, 3, r.agreement), done(update_);
  }

 private:
  static void blob(sqlite3_stmt* s, int at, const base::Bytes& value) {
    sqlite3_bind_blob(s, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  static void text(sqlite3_stmt* s, int at, std::string_view value) {
    sqlite3_bind_text(s, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  static void number(sqlite3_stmt* s, int at, std::int64_t value) { sqlite3_bind_int64(s, at, value); }
  static void done(sqlite3_stmt* s) {
    KARV_CHECK(sqlite3_step(s) == SQLITE_DONE);
    sqlite3_reset(s);
  }

  sqlite3_stmt *find_agreement_, *find_reply_, *order_, *line_, *transfer_, *record_, *reply_, *update_;
};

struct Measured {
  double per_second = 0;
  double cpu_us = 0;  // processor time per request
  double p50_ms = 0;
  double p99_ms = 0;
  double batch = 0;
};

Measured measure_store(int threads, double seconds) {
  const Folder folder;
  std::atomic<std::int64_t> members{0};
  std::atomic<std::int64_t> answers{0};
  auto opened = store::open_sqlite({.path = folder.file("karv.db"), .on_write = [&](const store::WriteReport& report) {
                                      members += report.members;
                                      ++answers;
                                    }});
  KARV_CHECK(opened.ok());
  store::Database& db = **opened;
  KARV_CHECK(store::migrate(db, std::vector<store::Migration>{{9001, "bench", kTables}}).ok());
  KARV_CHECK(db.write<void>("fill", [](store::Tx& tx) -> base::Result<void> {
                 for (int i = 0; i < kAgreements; ++i)
                   tx.write({kInsertAgreement, {agreement_key(static_cast<std::uint64_t>(i))}}, 1);
                 return {};
               }).ok());
  members = answers = 0;
  std::mutex mutex;
  std::vector<double> latencies;
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      const base::SystemClock clock;
      base::SystemRandom random;
      std::vector<double> mine;
      while (seconds_since(start) < seconds) {
        const Request request = make_request(clock, random);
        const auto begun = Clock::now();
        KARV_CHECK(db.write<void>("purchase", [&](store::Tx& tx) { return request_through_store(tx, request); }).ok());
        mine.push_back(seconds_since(begun) * 1000);
      }
      const std::lock_guard lock(mutex);
      latencies.insert(latencies.end(), mine.begin(), mine.end());
    });
  for (auto& worker : workers) worker.join();
  const double took = seconds_since(start);
  return {.per_second = static_cast<double>(latencies.size()) / took,
          .cpu_us = (cpu_seconds() - cpu) * 1e6 / static_cast<double>(std::max<std::size_t>(latencies.size(), 1)),
          .p50_ms = percentile(latencies, 0.5),
          .p99_ms = percentile(latencies, 0.99),
          .batch = static_cast<double>(members) / static_cast<double>(std::max<std::int64_t>(answers, 1))};
}

enum class Savepoints : std::uint8_t { none, each };

Measured measure_bare(int batch, double seconds, Savepoints savepoints) {
  const Folder folder;
  Bare bare(folder.file("bare.db"));
  for (const auto table : kTables) bare.run(store::sqlite::to_sqlite_schema(table));
  bare.run("begin");
  auto* insert = bare.prepare(kInsertAgreement.text());
  for (int i = 0; i < kAgreements; ++i) {
    const auto key = agreement_key(static_cast<std::uint64_t>(i));
    sqlite3_bind_blob(insert, 1, key.data(), 16, SQLITE_STATIC);
    KARV_CHECK(sqlite3_step(insert) == SQLITE_DONE);
    sqlite3_reset(insert);
  }
  bare.run("commit");
  BareLoop loop(bare);
  const std::array control{bare.prepare("begin immediate"), bare.prepare("commit"), bare.prepare("savepoint work"),
                           bare.prepare("release work")};
  const auto step = [&](std::size_t which) {
    KARV_CHECK(sqlite3_step(control[which]) == SQLITE_DONE);
    sqlite3_reset(control[which]);
  };
  const base::SystemClock clock;
  base::SystemRandom random;
  std::int64_t done = 0;
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  while (seconds_since(start) < seconds) {
    step(0);
    for (int i = 0; i < batch; ++i, ++done) {
      if (savepoints == Savepoints::each) step(2);
      loop.request(make_request(clock, random));
      if (savepoints == Savepoints::each) step(3);
    }
    step(1);
  }
  return {.per_second = static_cast<double>(done) / seconds_since(start),
          .cpu_us = (cpu_seconds() - cpu) * 1e6 / static_cast<double>(done)};
}

// Rounds in turn, so that a busy machine disturbs both alike; the middle one of each.
constexpr int kRounds = 7;

Measured middle(std::vector<Measured> rounds) {
  std::sort(rounds.begin(), rounds.end(), [](const auto& a, const auto& b) { return a.cpu_us < b.cpu_us; });
  return rounds[rounds.size() / 2];
}

}  // namespace
}  // namespace karv::bench

int main(int argc, char** argv) {
  using namespace karv::bench;
  const int threads = argc > 1 ? std::atoi(argv[1]) : 64;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
  std::vector<Measured> all_ours, all_bare, all_saved;
  for (int round = 0; round < kRounds; ++round) {
    all_ours.push_back(measure_store(threads, seconds / kRounds));
    const int batch = std::max(1, static_cast<int>(all_ours.back().batch + 0.5));
    all_bare.push_back(measure_bare(batch, seconds / kRounds, Savepoints::none));
    all_saved.push_back(measure_bare(batch, seconds / kRounds, Savepoints::each));
  }
  const Measured ours = middle(all_ours);
  const Measured bare = middle(all_bare);
  const Measured saved = middle(all_saved);
  fmt::print(
      "store, {} threads, batch {:.1f}: {:.0f} requests/s, {:.0f} us of CPU each, p50 {:.1f} ms, p99 {:.1f} ms\n",
      threads, ours.batch, ours.per_second, ours.cpu_us, ours.p50_ms, ours.p99_ms);
  fmt::print("bare SQLite loop, same batch: {:.0f} requests/s, {:.0f} us of CPU each\n", bare.per_second, bare.cpu_us);
  fmt::print("bare, a savepoint each: {:.0f} requests/s, {:.0f} us of CPU each\n", saved.per_second, saved.cpu_us);
  fmt::print("ratio by time {:.2f} (goal 0.5; means nothing on a busy machine), by CPU {:.2f}\n",
             ours.per_second / bare.per_second, bare.cpu_us / ours.cpu_us);
  for (int round = 0; round < kRounds; ++round)
    fmt::print("  round {}: CPU us each: store {:.0f}, bare {:.0f}, with savepoints {:.0f}\n", round + 1,
               all_ours[static_cast<std::size_t>(round)].cpu_us, all_bare[static_cast<std::size_t>(round)].cpu_us,
               all_saved[static_cast<std::size_t>(round)].cpu_us);
}
