// The pure rules of the ledger: facts and wished transfers in, rows and new sums out. Touches no database.
//
// A Book holds what one call needs to know: the accounts and reservations that its transfers name. apply() makes one
// transfer or refuses it; apply_together() makes all or none. Accounts and ids are sorted vectors: a call may hold a
// thousand transfers, and a tree of nodes costs more than the rules themselves.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/types.h"

namespace karv::ledger {

struct AccountChange {
  AccountId id;
  Terms terms;
  Sums before;  // for a derived balance: zero, the sums are then what this call adds
  Sums after;
  TransferId first = {};  // of the transfers made here that touch it; nil: none does
};

struct Reservation {
  Transfer transfer;
  State state = State::pending;
};

// nullptr when it is not there. Pre: in id order.
const AccountChange* find_account(std::span<const AccountChange> accounts, AccountId id);

class Book {
 public:
  // Room for what a call of this size brings.
  void reserve(std::size_t accounts, std::size_t transfers);
  void add_account(AccountId id, const Terms& terms, const Sums& sums);
  void add_reservation(const Transfer& transfer, State state) {
    reservations_.insert_or_assign(transfer.id, Reservation{.transfer = transfer, .state = state});
  }

  // Takes the spec apart when it is made; on a refusal nothing has changed.
  base::Result<void> apply(TransferSpec&& spec);
  // On a refusal nothing has changed in the book; the specs are spent.
  base::Result<void> apply_together(std::span<TransferSpec> specs);

  const std::vector<AccountChange>& accounts() const { return accounts_; }  // in id order
  const std::map<TransferId, Reservation>& reservations() const { return reservations_; }
  const std::vector<Transfer>& made() const { return made_; }

 private:
  // What has to be put back when a transfer of a group is refused.
  struct Undo {
    std::vector<AccountChange> accounts;                     // as they were, in the order of their change
    std::vector<std::pair<TransferId, State>> reservations;  // `none`: it was not there
    std::size_t made = 0;
  };

  base::Result<Transfer> transfer_of(const TransferSpec& spec) const;
  base::Result<Transfer> resolution_of(const TransferSpec& spec) const;
  base::Result<AccountChange*> account_for(AccountId id, const money::Money& amount);
  base::Result<void> move(const Transfer& transfer);
  bool was_made(TransferId id) const;
  void note_made(TransferId id);
  void note_reservation(TransferId id, State before);
  void put_back();

  std::vector<AccountChange> accounts_;
  std::map<TransferId, Reservation> reservations_;
  std::vector<Transfer> made_;
  std::vector<TransferId> ids_;  // of made_, sorted
  std::optional<Undo> undo_;     // while a group is applied
};

}  // namespace karv::ledger
