// Rows <-> schedule. The SQL of this module.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

namespace karv::scheduler::repository {

struct Schedule {
  base::Instant next_run;     // business
  base::Instant retry_at;     // wall; zero: no failure
  base::Instant lease_until;  // wall; zero: nobody runs it
  std::int64_t fence = 0;
  std::int64_t attempts = 0;
};

base::Result<std::map<std::string, Schedule>> read_all(store::ReadTx& tx);
// Whether this claim is the one that runs the job.
base::Result<bool> holds(store::ReadTx& tx, std::string_view name, std::int64_t fence);
base::Result<std::optional<Schedule>> read_for_update(store::Tx& tx, std::string_view name);
void insert(store::Tx& tx, std::string_view name, base::Instant next_run);

// Each fails the transaction with `conflict` when the fence is not the stored one.
void claim(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant lease_until);
void release(store::Tx& tx, std::string_view name, std::int64_t fence);
void extend(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant lease_until);
void succeed(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant next_run);
void fail(store::Tx& tx, std::string_view name, std::int64_t fence, base::Instant retry_at, std::int64_t attempts,
          std::string_view error);

}  // namespace karv::scheduler::repository
