// Moving money: opening accounts, posting, reserving, balances. The only door to the ledger.
//
//   post(tx, {{.id = make_id<TransferTag>(wall, random), .kind = "order_captured", .debit = receivable,
//              .credit = payable, .amount = amount, .reference = order.uuid(), .business_time = now}})
//
// Every call reads what it needs in one round trip, decides with the pure rules (ledger/rules.h), checks the invariants
// (ledger/invariants.h) and queues its rows; they travel with the commit. A transfer's id is its idempotency: a second
// one by the same id fails the transaction with `conflict`.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/account_cache.h"
#include "ledger/types.h"
#include "store/database.h"

namespace karv::ledger {

// The id of an account that is found by what it is (a merchant's payable, a clearing account) rather than by a stored
// id.
AccountId shared_account_id(std::string_view kind, std::string_view owner, money::Currency currency);

// Pre: a floor needs a kept balance. Errors (at commit): conflict when the id is taken. Cost: no round trip.
void open_account(store::Tx& tx, const Account& account);
// Opens those that are not there yet. Errors: not_matching when one is there and differs. Cost: 1 round trip; none when
// all are known.
base::Result<void> ensure_accounts(store::Tx& tx, const std::vector<Account>& accounts, AccountCache* known = nullptr);

// Makes all of the transfers, or none. They may be of any step, and build on one another.
// Errors: not_found (account, reservation); not_matching (currency); unprocessable (amount); conflict (id given twice);
// not_allowed with reason INSUFFICIENT_FUNDS, RESERVATION_RESOLVED or RESERVATION_EXCEEDED.
// `known` saves a query for each account that it knows. Effects: one ledger_transfers row for each transfer, one
// ledger_tail row for each derived account that changes, one update for each kept one.
// Cost: 1 round trip, and the commit.
base::Result<void> post(store::Tx& tx, std::vector<TransferSpec> transfers, AccountCache* known = nullptr);

// Makes each transfer, or each run of neighbors with the same group, on its own; answers one outcome per transfer.
base::Result<std::vector<base::Result<void>>> post_each(store::Tx& tx, std::vector<TransferSpec> transfers,
                                                        AccountCache* known = nullptr);

// Sets an amount aside. The same as post() with Step::pending.
base::Result<void> reserve(store::Tx& tx, TransferSpec reservation);

struct Resolution {
  TransferId id;
  TransferId pending_id;
  std::string kind;
  std::optional<money::Money> amount;  // to post; empty: all of it. The remainder is released.
  base::Instant business_time;
};
TransferSpec post_of(const Resolution& resolution);
TransferSpec void_of(const Resolution& resolution);  // Pre: no amount
base::Result<void> post_pending(store::Tx& tx, const Resolution& resolution);
base::Result<void> void_pending(store::Tx& tx, const Resolution& resolution);

// Of one moment: for a derived account, roll-up and tail in one statement. Errors: not_found. Cost: 1 round trip.
base::Result<Balance> balance(store::ReadTx& tx, AccountId account);
// Cost: 1 round trip.
base::Result<std::optional<Transfer>> find_transfer(store::ReadTx& tx, TransferId id);
// In order of their making. Cost: 1 round trip.
base::Result<std::vector<Transfer>> list_by_reference(store::ReadTx& tx, const base::Uuid& reference);

std::span<const store::Migration> migrations();

}  // namespace karv::ledger
