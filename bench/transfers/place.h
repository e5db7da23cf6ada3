// Where one side of one line keeps its rows, with or without the ledger above it. An Engine makes them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engines/stores.h"
#include "store/database.h"
#include "transfers/limit.h"

namespace karv::bench {

class Place {
 public:
  virtual ~Place() = default;
  // What was opened is closed before the place ends.
  virtual std::unique_ptr<store::Database> open(const Opening& opening) = 0;
  virtual std::unique_ptr<Limit> open_limit(int writers, Depth depth) = 0;
  // Told when the accounts are there: what an engine does by itself some time after many rows came is done now, rather
  // than at some moment of the measurement.
  virtual void filled() = 0;
};

struct Engine {
  std::string name;
  std::function<std::unique_ptr<Place>()> make_place;
  int writers = 1;        // of calls with more than one transfer
  int limit_writers = 0;  // 0: as many as ours has
};

// SQLite in a file of the temporary folder. There is one writer at a time, whatever one does: larger calls come from
// one thread, and the limit is one connection with as many calls to a commit as the group commit had on average.
Engine sqlite_engine();
// Schemas of this database, which the karv user may make. Its limit has as many connections as ours has writers.
Engine postgres_engine(const std::string& address);

}  // namespace karv::bench
