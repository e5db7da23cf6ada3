// An engine without the ledger: the same rows, written by its own library from prepared statements, with nothing read,
// decided or checked before. What the ledger is measured against.
#pragma once

#include <cstdint>
#include <span>

#include "ledger/types.h"
#include "transfers/world.h"

namespace karv::bench {

// `inserts`: the transfers and the tail. `writes`: also the updates of the kept balances.
enum class Depth : std::uint8_t { inserts, writes };

class Limit {
 public:
  virtual ~Limit() = default;
  virtual void open(std::span<const ledger::Account> accounts) = 0;
  // Writes all of the calls, in one commit. Each writer is one thread.
  virtual void write(int writer, std::span<const Call> calls) = 0;
  virtual std::int64_t count_transfers() = 0;
};

}  // namespace karv::bench
