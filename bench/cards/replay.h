// The limit of an engine: statements that the vault ran, run again by the engine's own library from prepared
// statements, with nothing read, decided or checked before (but for how many rows each touches).
//
// SQLite: one connection writes, with as many calls to a commit as the vault's group commit had; for questions each
// writer has a connection. PostgreSQL: a connection for each writer, a transaction is one pipeline and one round trip.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cards/recording.h"
#include "engines/stores.h"

namespace karv::bench {

// What one call of the vault ran, in its order.
struct Act {
  std::vector<Transaction> transactions;
  std::int64_t items = 0;  // that the call did
};

class Replay {
 public:
  virtual ~Replay() = default;
  // The first transaction of all acts in one commit, then their second ones, and so on. Each writer is one thread.
  virtual void play(int writer, std::span<const Act> acts) = 0;
};

// Pre: the schema is there.
std::unique_ptr<Replay> replay_on(const SqliteFile& file, int writers);
std::unique_ptr<Replay> replay_on(const PostgresSchema& schema, int writers);

}  // namespace karv::bench
