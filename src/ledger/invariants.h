// What must be true of every change of the ledger, whatever the rules decided: small classes, one sentence each.
//
// They look only at what one call touched, so that they are cheap enough to run always. A breach is a bug of ours: it
// fails the transaction and is logged with its sentence. Each has a test that makes its breach by hand.
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "ledger/rules.h"

namespace karv::ledger {

// A view of what one call did; what it views outlives it. It looks up the accounts of each transfer once, for all.
class Change {
 public:
  struct Sides {
    const AccountChange* debit;  // nullptr: there is no such account
    const AccountChange* credit;
  };
  // Pre: the accounts are in id order.
  Change(std::span<const AccountChange> accounts, const std::map<TransferId, Reservation>& reservations,
         std::span<const Transfer> made);

  std::span<const AccountChange> accounts() const { return accounts_; }
  const std::map<TransferId, Reservation>& reservations() const { return reservations_; }
  std::span<const Transfer> made() const { return made_; }
  const Sides& sides(std::size_t transfer) const { return sides_[transfer]; }
  // Which of accounts() it is.
  std::size_t index_of(const AccountChange& account) const {
    return static_cast<std::size_t>(&account - accounts_.data());
  }

 private:
  std::span<const AccountChange> accounts_;
  const std::map<TransferId, Reservation>& reservations_;
  std::span<const Transfer> made_;
  std::vector<Sides> sides_;
};

struct AmountsArePositive {
  static constexpr std::string_view kSentence = "every transfer moves a positive amount";
  static bool holds(const Change& change);
};
struct TwoDifferentAccounts {
  static constexpr std::string_view kSentence = "every transfer is between two different accounts that are known";
  static bool holds(const Change& change);
};
struct OneCurrency {
  static constexpr std::string_view kSentence = "a transfer and both its accounts have one currency";
  static bool holds(const Change& change);
};
struct DebitsEqualCredits {
  static constexpr std::string_view kSentence = "in every currency the debits added equal the credits added";
  static bool holds(const Change& change);
};
struct BalancesFollowTransfers {
  static constexpr std::string_view kSentence = "a balance changes by exactly what the transfers say";
  static bool holds(const Change& change);
};
struct FloorsHold {
  static constexpr std::string_view kSentence = "no account is brought below its floor";
  static bool holds(const Change& change);
};
struct PendingIsNeverNegative {
  static constexpr std::string_view kSentence = "what is pending on a kept account is never less than nothing";
  static bool holds(const Change& change);
};
struct ReservationsEndOnce {
  static constexpr std::string_view kSentence =
      "a reservation is resolved at most once, in full, for at most its amount";
  static bool holds(const Change& change);
};

// The sentences that do not hold. Empty: all is well.
std::vector<std::string_view> breaches_of(const Change& change);

}  // namespace karv::ledger
