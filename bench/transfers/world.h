// The accounts of one line, and the calls that move money between them: made up before the clock runs.
//
// The same seed makes the same calls. Ids are ordered by time, and as many fall into one millisecond as at the goal's
// 40,000 transfers per second: made up all at once they would scatter over more of an index's edge than in service.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "ledger/types.h"

namespace karv::bench {

// Debits are of kept accounts, credits of derived ones where there are any.
struct Shape {
  std::string name;
  int kept = 0;
  int derived = 0;
};

// What one call adds to one account.
struct Change {
  ledger::AccountId account;
  ledger::TransferId first;  // of the call's transfers that touch it
  std::int64_t debits = 0;
  std::int64_t credits = 0;
};

// The transfers of one ledger::post, and what else has to be written for them. Changes are in id order.
struct Call {
  std::vector<ledger::TransferSpec> transfers;
  std::vector<Change> tail;  // a row for each derived account
  std::vector<Change> kept;  // an update for each kept one
};

// The calls of each writer.
using Hands = std::vector<std::vector<Call>>;

class World {
 public:
  World(const Shape& shape, std::uint64_t seed);

  std::span<const ledger::Account> accounts() const { return accounts_; }

  // Deals in turn, so that the writers' ids grow side by side, as they would in service.
  Hands deal(int writers, std::int64_t calls_of_each, int transfers_of_call);

 private:
  ledger::Account account(ledger::BalanceMode mode);
  const ledger::Account& kept() { return accounts_[random_.below(kept_)]; }
  const ledger::Account& credited(const ledger::Account& debited);
  ledger::TransferSpec transfer();
  Call draw(int transfers);
  template <class Tag>
  base::Id<Tag> next_id();

  base::ManualClock clock_;
  base::SeededRandom random_;
  std::uint64_t kept_;
  std::vector<ledger::Account> accounts_;  // the kept ones, then the derived ones
  std::int64_t ids_ = 0;
};

}  // namespace karv::bench
