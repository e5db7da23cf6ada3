// The engine for a grown operator: PostgreSQL through libpq, any number of servers on one database.
//
// Use: store/open.h chooses it by address. A write is READ COMMITTED with row locks in id order; statements are queued
// and travel in pipelines, so that a use case costs as many round trips as it reads, and one for the commit. Lost races
// are run again; a commit whose answer was lost is looked up, never repeated blindly (store/README.md).
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

namespace karv::store {

struct PostgresOptions {
  // postgresql://user@host:port/database?sslrootcert=...&passfile=... Over TCP the server's certificate and name are
  // always verified (sslmode=verify-full); a password comes from `passfile` only. Several hosts: the one that writes.
  std::string address = {};
  int connections = 16;
  int attempts = 6;                                 // of one work that lost a race or its connection
  base::Duration patience = base::seconds(10);      // for a free connection
  base::Duration answer_limit = base::seconds(30);  // for one round trip; then the connection is given up
  base::Duration lookup_limit = base::seconds(15);  // for finding out how a commit without an answer ended
  std::string schema = {};                          // search path, for tests that share a database; empty: the server's
  std::function<void(const WriteReport&)> on_write = {};
};

// Errors: unavailable, with a sentence that says what to do: not reachable, wrong version or encoding, settings under
// which an acknowledged commit could be lost, an address that names a password or weaker verification.
Result<std::unique_ptr<Database>> open_postgres(PostgresOptions options);

}  // namespace karv::store
