// Rows <-> accounts, sums and transfers. The SQL of this module.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "base/result.h"
#include "ledger/rules.h"
#include "ledger/types.h"
#include "store/database.h"

namespace karv::ledger::repository {

void insert_account(store::Tx& tx, const Account& account);
void insert_transfer(store::Tx& tx, const Transfer& transfer, const Account& debit, const Account& credit);
void update_sums(store::Tx& tx, AccountId id, const Sums& sums);

// Everything that transfers between these accounts, and ends of these reservations (with their accounts), need to know.
// Kept sums are locked, in id order. Cost: one round trip.
base::Result<Book> read_book(store::Tx& tx, const std::set<AccountId>& accounts,
                             const std::set<TransferId>& reservations);
base::Result<std::vector<Account>> read_accounts(store::ReadTx& tx, const std::vector<AccountId>& ids);
base::Result<std::optional<Balance>> read_balance(store::ReadTx& tx, AccountId id);
base::Result<std::optional<Transfer>> read_transfer(store::ReadTx& tx, TransferId id);
base::Result<std::vector<Transfer>> read_by_reference(store::ReadTx& tx, const base::Uuid& reference);

// For verification: everything, page by page in id order.
struct StoredAccount {
  Account account;
  std::optional<Sums> kept;
};
struct StoredTransfer {
  Transfer transfer;
  bool debit_derived = false;  // which of its accounts' sums are made from it
  bool credit_derived = false;
  std::optional<Transfer> reserved;  // what pending_id names
};
base::Result<std::vector<StoredAccount>> read_accounts_after(store::ReadTx& tx, AccountId after, std::int64_t limit);
base::Result<std::vector<StoredTransfer>> read_transfers_after(store::ReadTx& tx, TransferId after, std::int64_t limit);

}  // namespace karv::ledger::repository
