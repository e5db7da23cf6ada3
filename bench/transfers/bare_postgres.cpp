#include "transfers/bare_postgres.h"

#include "base/check.h"
#include "ledger/service.h"
#include "transfers/limit_sql.h"

namespace karv::bench {
namespace {

// The names of the prepared statements, by how many rows they write (kRowsAtOnce).
constexpr std::array kTransfers{"transfers_128", "transfers_32", "transfers_8", "transfers_1"};
constexpr std::array kTail{"tail_128", "tail_32", "tail_8", "tail_1"};
static_assert(kTransfers.size() == kRowsAtOnce.size() && kTail.size() == kRowsAtOnce.size());
constexpr const char* kBalance = "balance";
constexpr const char* kOpen = "open";
constexpr std::size_t kOpenAtOnce = 1000;  // accounts in one commit

void prepare_all(PostgresLine& line) {
  for (std::size_t i = 0; i < kRowsAtOnce.size(); ++i) {
    line.prepare(kTransfers[i], texts_of<kBareTransfer>()[i]);
    line.prepare(kTail[i], texts_of<kBareTail>()[i]);
  }
  line.prepare(kBalance, kBareBalance);
  line.prepare(kOpen, kBareOpen);
}

void insert_transfers(PostgresLine& line, const Call& call) {
  in_statements(call.transfers.size(), [&](std::size_t which, std::size_t first) {
    PostgresValues values;
    for (const auto& one : std::span(call.transfers).subspan(first, kRowsAtOnce[which]))
      values << one.id << std::string_view(one.kind) << one.debit << one.credit << one.amount->minor()
             << one.business_time.ms;
    line.send(kTransfers[which], values, kRowsAtOnce[which]);
  });
}

void insert_tail(PostgresLine& line, const Call& call) {
  in_statements(call.tail.size(), [&](std::size_t which, std::size_t first) {
    PostgresValues values;
    for (const auto& one : std::span(call.tail).subspan(first, kRowsAtOnce[which]))
      values << one.account << one.first << one.debits << one.credits;
    line.send(kTail[which], values, kRowsAtOnce[which]);
  });
}

// In id order, one by one: writers that meet wait for each other and never in a circle.
void update_kept(PostgresLine& line, const Call& call) {
  for (const auto& one : call.kept) {
    PostgresValues values;
    values << one.debits << one.credits << one.account;
    line.send(kBalance, values, 1);
  }
}

}  // namespace

BarePostgres::BarePostgres(PostgresAddress address, int writers, Depth depth)
    : address_(std::move(address)), depth_(depth) {
  PostgresLine tables(address_);
  for (const auto& migration : ledger::migrations())
    for (const auto statement : migration.statements) tables.run(std::string(statement));
  for (int i = 0; i < writers; ++i) {
    lines_.push_back(std::make_unique<PostgresLine>(address_));
    prepare_all(*lines_.back());
    lines_.back()->enter_pipeline();
  }
}

void BarePostgres::open(std::span<const ledger::Account> accounts) {
  PostgresLine& line = *lines_.front();
  std::size_t sent = 0;
  for (const auto& account : accounts) {
    if (account.balance_mode != ledger::BalanceMode::kept) continue;
    PostgresValues values;
    values << account.id;
    line.send(kOpen, values, 1);
    if (++sent % kOpenAtOnce == 0) line.finish();
  }
  line.finish();
}

void BarePostgres::write(int writer, std::span<const Call> calls) {
  PostgresLine& line = *lines_.at(static_cast<std::size_t>(writer));
  KARV_CHECK(calls.size() == 1);  // of several, the updates would not be in id order
  insert_transfers(line, calls.front());
  insert_tail(line, calls.front());
  if (depth_ == Depth::writes) update_kept(line, calls.front());
  line.finish();
}

std::int64_t BarePostgres::count_transfers() {
  return PostgresLine(address_).number("select count(*) from ledger_transfers");
}

}  // namespace karv::bench
