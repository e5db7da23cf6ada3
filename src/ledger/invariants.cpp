#include "ledger/invariants.h"

#include <algorithm>
#include <set>

namespace karv::ledger {
namespace {

template <class Test>
bool every_transfer(const Change& change, Test test) {
  return std::all_of(change.made.begin(), change.made.end(), test);
}

template <class Test>
bool every_account(const Change& change, Test test) {
  return std::all_of(change.accounts.begin(), change.accounts.end(),
                     [&](const auto& item) { return test(item.second); });
}

Sums difference(const Sums& after, const Sums& before) {
  return {.debits_posted = after.debits_posted - before.debits_posted,
          .credits_posted = after.credits_posted - before.credits_posted,
          .debits_pending = after.debits_pending - before.debits_pending,
          .credits_pending = after.credits_pending - before.credits_pending};
}

template <class... Invariants>
std::vector<std::string_view> breached(const Change& change) {
  std::vector<std::string_view> sentences;
  ((Invariants::holds(change) ? void() : sentences.push_back(Invariants::kSentence)), ...);
  return sentences;
}

}  // namespace

bool AmountsArePositive::holds(const Change& change) {
  return every_transfer(change, [](const Transfer& transfer) { return transfer.amount.is_positive(); });
}

bool TwoDifferentAccounts::holds(const Change& change) {
  return every_transfer(change, [&](const Transfer& transfer) {
    return transfer.debit != transfer.credit && change.accounts.contains(transfer.debit) &&
           change.accounts.contains(transfer.credit);
  });
}

bool OneCurrency::holds(const Change& change) {
  return every_transfer(change, [&](const Transfer& transfer) {
    const auto has_it = [&](AccountId id) {
      const auto found = change.accounts.find(id);
      return found != change.accounts.end() && found->second.account.currency == transfer.amount.currency();
    };
    return !transfer.amount.currency().is_none() && has_it(transfer.debit) && has_it(transfer.credit);
  });
}

bool DebitsEqualCredits::holds(const Change& change) {
  std::map<std::string_view, Sums> totals;
  for (const auto& [id, item] : change.accounts) {
    const Sums moved = difference(item.after, item.before);
    Sums& total = totals[item.account.currency.code()];
    total.debits_posted += moved.debits_posted;
    total.credits_posted += moved.credits_posted;
    total.debits_pending += moved.debits_pending;
    total.credits_pending += moved.credits_pending;
  }
  return std::all_of(totals.begin(), totals.end(), [](const auto& item) {
    const Sums& total = item.second;
    return total.debits_posted == total.credits_posted && total.debits_pending == total.credits_pending;
  });
}

bool BalancesFollowTransfers::holds(const Change& change) {
  std::map<AccountId, Sums> expected;
  for (const auto& transfer : change.made) {
    expected[transfer.debit].debits_posted += transfer.posted_minor();
    expected[transfer.debit].debits_pending += transfer.pending_minor;
    expected[transfer.credit].credits_posted += transfer.posted_minor();
    expected[transfer.credit].credits_pending += transfer.pending_minor;
  }
  return every_account(change, [&](const AccountChange& item) {
    const auto found = expected.find(item.account.id);
    return difference(item.after, item.before) == (found == expected.end() ? Sums{} : found->second);
  });
}

bool FloorsHold::holds(const Change& change) {
  return every_account(change, [](const AccountChange& item) {
    if (item.account.floor == Floor::none) return true;
    const std::int64_t after = available_minor(item.account.normal_side, item.after);
    return after >= 0 || after >= available_minor(item.account.normal_side, item.before);
  });
}

bool PendingIsNeverNegative::holds(const Change& change) {
  return every_account(change, [](const AccountChange& item) {
    return item.account.balance_mode == BalanceMode::derived ||
           (item.after.debits_pending >= 0 && item.after.credits_pending >= 0);
  });
}

bool ReservationsEndOnce::holds(const Change& change) {
  std::set<TransferId> ended;
  return every_transfer(change, [&](const Transfer& transfer) {
    const bool ends = transfer.step == Step::post_pending || transfer.step == Step::void_pending;
    if (!ends) return !transfer.pending_id.has_value();
    if (!transfer.pending_id || !ended.insert(*transfer.pending_id).second) return false;
    const auto found = change.reservations.find(*transfer.pending_id);
    if (found == change.reservations.end()) return false;
    const Transfer& reserved = found->second.transfer;
    return reserved.step == Step::pending && found->second.state != State::pending &&
           reserved.debit == transfer.debit && reserved.credit == transfer.credit &&
           transfer.amount <= reserved.amount && transfer.pending_minor == -reserved.amount.minor();
  });
}

std::vector<std::string_view> breaches_of(const Change& change) {
  return breached<AmountsArePositive, TwoDifferentAccounts, OneCurrency, DebitsEqualCredits, BalancesFollowTransfers,
                  FloorsHold, PendingIsNeverNegative, ReservationsEndOnce>(change);
}

}  // namespace karv::ledger
