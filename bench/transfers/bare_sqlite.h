// The limit on SQLite: one connection, prepared statements, one commit for all the calls it is given.
#pragma once

#include <array>
#include <string>

#include <sqlite3.h>

#include "bench_support.h"
#include "transfers/limit.h"
#include "transfers/limit_sql.h"

namespace karv::bench {

class BareSqlite final : public Limit {
 public:
  BareSqlite(const std::string& path, Depth depth);
  void open(std::span<const ledger::Account> accounts) override;
  void write(int writer, std::span<const Call> calls) override;
  std::int64_t count_transfers() override;

 private:
  using Statements = std::array<sqlite3_stmt*, kRowsAtOnce.size()>;

  template <store::RowSql kRow>
  Statements prepare_rows();
  void insert_transfers(const Call& call);
  void insert_tail(const Call& call);
  void update_kept(const Call& call);

  Bare bare_;
  const Depth depth_;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* balance_ = nullptr;
  Statements transfers_{};
  Statements tail_{};
};

}  // namespace karv::bench
