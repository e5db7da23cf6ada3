// The pure rules of the ledger: facts and wished transfers in, rows and new sums out. Touches no database.
//
// A Book holds what one call needs to know: the accounts and reservations that its transfers name. apply() makes one
// transfer or refuses it; apply_together() makes all or none.
#pragma once

#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/types.h"

namespace karv::ledger {

struct AccountChange {
  Account account;
  Sums before;  // for a derived balance: zero, the sums are then what this call adds
  Sums after;
};

struct Reservation {
  Transfer transfer;
  State state = State::pending;
};

class Book {
 public:
  void add_account(const Account& account, const Sums& sums) {
    accounts_.insert_or_assign(account.id, AccountChange{.account = account, .before = sums, .after = sums});
  }
  void add_reservation(const Transfer& transfer, State state) {
    reservations_.insert_or_assign(transfer.id, Reservation{.transfer = transfer, .state = state});
  }

  base::Result<void> apply(const TransferSpec& spec);
  // On a refusal nothing has changed.
  base::Result<void> apply_together(std::span<const TransferSpec> specs);

  const std::map<AccountId, AccountChange>& accounts() const { return accounts_; }
  const std::map<TransferId, Reservation>& reservations() const { return reservations_; }
  const std::vector<Transfer>& made() const { return made_; }

 private:
  base::Result<Transfer> transfer_of(const TransferSpec& spec) const;
  base::Result<Transfer> resolution_of(const TransferSpec& spec) const;
  base::Result<AccountChange*> account_for(AccountId id, const money::Money& amount);
  base::Result<void> move(const Transfer& transfer);

  std::map<AccountId, AccountChange> accounts_;
  std::map<TransferId, Reservation> reservations_;
  std::vector<Transfer> made_;
  std::set<TransferId> ids_;
};

}  // namespace karv::ledger
