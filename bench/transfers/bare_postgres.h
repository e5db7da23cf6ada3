// The limit on PostgreSQL: libpq alone, a connection for each writer.
//
// What it does is what is fastest within reason: prepared statements, values in binary form, many rows to an INSERT,
// all of a call in one pipeline that ends in one sync. Without BEGIN and COMMIT such a pipeline is one transaction (the
// documentation of libpq's pipeline mode says so), so that a call is one round trip. COPY would be faster still for
// many rows, and cannot stand beside an update in one pipeline. Not written is the row with which our driver marks each
// commit: it is no part of the ledger.
// Source: postgresql.org/docs/15/libpq-pipeline-mode.html
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engines/postgres_line.h"
#include "transfers/limit.h"

namespace karv::bench {

class BarePostgres final : public Limit {
 public:
  BarePostgres(PostgresAddress address, int writers, Depth depth);
  void open(std::span<const ledger::Account> accounts) override;
  void write(int writer, std::span<const Call> calls) override;
  std::int64_t count_transfers() override;

 private:
  const PostgresAddress address_;
  const Depth depth_;
  std::vector<std::unique_ptr<PostgresLine>> lines_;  // in pipeline mode, one for each writer
};

}  // namespace karv::bench
