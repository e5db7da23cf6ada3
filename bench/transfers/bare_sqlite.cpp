#include "transfers/bare_sqlite.h"

#include "ledger/service.h"
#include "store/sqlite/dialect.h"

namespace karv::bench {
namespace {

// Binds the values of a statement in their order; they must live until it has run.
class Binding {
 public:
  explicit Binding(sqlite3_stmt* statement) : statement_(statement) {}
  template <class Tag>
  Binding& operator<<(const base::Id<Tag>& id) {
    sqlite3_bind_blob(statement_, ++at_, id.view().data(), 16, SQLITE_STATIC);
    return *this;
  }
  Binding& operator<<(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++at_, number);
    return *this;
  }
  Binding& operator<<(std::string_view text) {
    sqlite3_bind_text(statement_, ++at_, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    return *this;
  }
  void run() {
    KARV_CHECK(sqlite3_step(statement_) == SQLITE_DONE);
    sqlite3_reset(statement_);
  }

 private:
  sqlite3_stmt* statement_;
  int at_ = 0;
};

void run(sqlite3_stmt* statement) { Binding(statement).run(); }

}  // namespace

BareSqlite::BareSqlite(const std::string& path, Depth depth) : bare_(path), depth_(depth) {
  for (const auto& migration : ledger::migrations())
    for (const auto statement : migration.statements) bare_.run(store::sqlite::to_sqlite_schema(statement));
  begin_ = bare_.prepare("begin immediate");
  commit_ = bare_.prepare("commit");
  balance_ = bare_.prepare(kBareBalance);
  transfers_ = prepare_rows<kBareTransfer>();
  tail_ = prepare_rows<kBareTail>();
}

template <store::RowSql kRow>
BareSqlite::Statements BareSqlite::prepare_rows() {
  Statements prepared{};
  const auto texts = texts_of<kRow>();
  for (std::size_t i = 0; i < texts.size(); ++i) prepared[i] = bare_.prepare(texts[i]);
  return prepared;
}

void BareSqlite::open(std::span<const ledger::Account> accounts) {
  auto* insert = bare_.prepare(kBareOpen);
  run(begin_);
  for (const auto& account : accounts) {
    if (account.balance_mode != ledger::BalanceMode::kept) continue;
    Binding row(insert);
    row << account.id;
    row.run();
  }
  run(commit_);
}

void BareSqlite::write(int, std::span<const Call> calls) {
  run(begin_);
  for (const auto& call : calls) {
    insert_transfers(call);
    insert_tail(call);
    if (depth_ == Depth::writes) update_kept(call);
  }
  run(commit_);
}

void BareSqlite::insert_transfers(const Call& call) {
  in_statements(call.transfers.size(), [&](std::size_t which, std::size_t first) {
    Binding rows(transfers_[which]);
    for (const auto& one : std::span(call.transfers).subspan(first, kRowsAtOnce[which]))
      rows << one.id << std::string_view(one.kind) << one.debit << one.credit << one.amount->minor()
           << one.business_time.ms;
    rows.run();
  });
}

void BareSqlite::insert_tail(const Call& call) {
  in_statements(call.tail.size(), [&](std::size_t which, std::size_t first) {
    Binding rows(tail_[which]);
    for (const auto& one : std::span(call.tail).subspan(first, kRowsAtOnce[which]))
      rows << one.account << one.first << one.debits << one.credits;
    rows.run();
  });
}

void BareSqlite::update_kept(const Call& call) {
  for (const auto& one : call.kept) {
    Binding row(balance_);
    row << one.debits << one.credits << one.account;
    row.run();
  }
}

std::int64_t BareSqlite::count_transfers() {
  auto* count = bare_.prepare("select count(*) from ledger_transfers");
  KARV_CHECK(sqlite3_step(count) == SQLITE_ROW);
  const auto transfers = sqlite3_column_int64(count, 0);
  sqlite3_reset(count);
  return transfers;
}

}  // namespace karv::bench
