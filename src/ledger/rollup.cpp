#include "ledger/rollup.h"

#include <optional>

#include "base/check.h"
#include "base/log.h"
#include "ledger/repository.h"

namespace karv::ledger {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::int64_t kAccountsPerPage = 100;

Result<std::int64_t> roll_up_account(store::Database& database, AccountId account, const RollupOptions& options) {
  std::int64_t moved = 0;
  while (!options.stopping()) {
    KARV_TRY(const auto piece, database.write<std::int64_t>("ledger_rollup", [&](store::Tx& tx) {
      return roll_up(tx, account, options.entries);
    }));
    moved += piece;
    if (piece < options.entries) break;
  }
  return moved;
}

}  // namespace

Result<std::int64_t> roll_up(store::Tx& tx, AccountId account, std::int64_t entries) {
  KARV_REQUIRE(!account.is_nil() && entries > 0);
  KARV_TRY(const auto rollup, repository::read_rollup(tx, account, entries));
  const auto count = static_cast<std::int64_t>(rollup.tail.size());
  KARV_REQUIRE(count <= entries);
  if (count == 0) return 0;
  Sums sums = rollup.sums;
  for (const auto& entry : rollup.tail)
    if (!add_to(sums, entry.sums)) return base::internal_error(ErrorCode::internal, "a roll-up does not fit");
  repository::store_rollup(tx, rollup, sums);
  return count;
}

Result<std::int64_t> roll_up_long_tails(store::Database& database, const RollupOptions& options) {
  std::int64_t moved = 0;
  std::optional<base::Error> failure;
  AccountId last;
  while (!options.stopping()) {
    KARV_TRY(const auto page, database.read<std::vector<AccountId>>("ledger_rollup", [&](store::ReadTx& tx) {
      return repository::read_long_tails(tx, last, options.worth, kAccountsPerPage);
    }));
    if (page.empty()) break;
    for (const auto& account : page) {
      const auto done = roll_up_account(database, account, options);
      if (done.ok()) {
        moved += *done;
        continue;
      }
      // Another process is at it (the version, or the database of a job that was taken over): it will see to the rest.
      if (done.error().code() == ErrorCode::conflict) return done.error();
      base::log::error("account_not_rolled_up",
                       {{"account", account.text()}, {"detail", done.error().internal_text()}});
      failure = done.error();
    }
    last = page.back();
  }
  if (failure) return *failure;
  return moved;
}

}  // namespace karv::ledger
