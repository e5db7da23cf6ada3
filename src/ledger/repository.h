// Rows <-> accounts, sums and transfers. The SQL of this module.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/account_cache.h"
#include "ledger/rules.h"
#include "ledger/types.h"
#include "store/database.h"

namespace karv::ledger::repository {

void insert_account(store::Tx& tx, const Account& account);
void insert_transfers(store::Tx& tx, std::span<const Transfer> transfers);
// What a kept account stands at after a call. Pre: read_book locked it.
struct NewSums {
  AccountId account;
  Sums sums;
};
void update_sums(store::Tx& tx, std::span<const NewSums> accounts);

// What one call added to a derived account.
struct TailEntry {
  AccountId account;
  TransferId entry;
  Sums sums;
};
void insert_tail(store::Tx& tx, std::span<const TailEntry> entries);

// What a call's transfers name. Each list in id order, nothing twice.
struct Wanted {
  std::vector<AccountId> accounts;
  std::vector<TransferId> reservations;
  std::size_t transfers = 0;  // how many will be made
};
// Everything that transfers between these accounts, and ends of these reservations (with their accounts), need to know.
// Kept sums are locked, in id order; derived accounts are not. Cost: one round trip, none when `known` answers all.
base::Result<Book> read_book(store::Tx& tx, const Wanted& wanted, AccountCache* known);
base::Result<std::vector<Account>> read_accounts(store::ReadTx& tx, const std::vector<AccountId>& ids);
base::Result<std::optional<Balance>> read_balance(store::ReadTx& tx, AccountId id);
base::Result<std::optional<Transfer>> read_transfer(store::ReadTx& tx, TransferId id);
base::Result<std::vector<Transfer>> read_by_reference(store::ReadTx& tx, const base::Uuid& reference);

// A derived account's roll-up, ours until the end, and the beginning of its tail.
struct Rollup {
  AccountId account;
  Sums sums;
  std::int64_t version = 0;
  std::vector<TailEntry> tail;
};
// Errors: not_found. Cost: one round trip.
base::Result<Rollup> read_rollup(store::Tx& tx, AccountId account, std::int64_t entries);
// Removes exactly the entries that were read, by their keys, and sets the roll-up's sums.
void store_rollup(store::Tx& tx, const Rollup& rollup, const Sums& sums);
// Accounts whose tail has that many entries, in id order.
base::Result<std::vector<AccountId>> read_long_tails(store::ReadTx& tx, AccountId after, std::int64_t at_least,
                                                     std::int64_t limit);

// For verification: everything, page by page in id order.
struct StoredAccount {
  Account account;
  std::optional<Sums> kept;
  std::optional<Sums> rolled_up;
};
struct StoredTransfer {
  Transfer transfer;
  std::optional<Transfer> reserved;  // what pending_id names
};
base::Result<std::vector<StoredAccount>> read_accounts_after(store::ReadTx& tx, AccountId after, std::int64_t limit);
base::Result<std::vector<StoredTransfer>> read_transfers_after(store::ReadTx& tx, TransferId after, std::int64_t limit);
// In the order of account and entry.
base::Result<std::vector<TailEntry>> read_tail_after(store::ReadTx& tx, const TailEntry& after, std::int64_t limit);

}  // namespace karv::ledger::repository
