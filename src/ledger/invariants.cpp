#include "ledger/invariants.h"

#include <algorithm>
#include <set>
#include <utility>

namespace karv::ledger {
namespace {

template <class Test>
bool every_transfer(const Change& change, Test test) {
  return std::ranges::all_of(change.made(), test);
}

// Also with the accounts of each.
template <class Test>
bool every_movement(const Change& change, Test test) {
  for (std::size_t i = 0; i < change.made().size(); ++i)
    if (!test(change.made()[i], change.sides(i))) return false;
  return true;
}

template <class Test>
bool every_account(const Change& change, Test test) {
  return std::ranges::all_of(change.accounts(), test);
}

template <class... Invariants>
std::vector<std::string_view> breached(const Change& change) {
  std::vector<std::string_view> sentences;
  ((Invariants::holds(change) ? void() : sentences.push_back(Invariants::kSentence)), ...);
  return sentences;
}

}  // namespace

Change::Change(std::span<const AccountChange> accounts, const std::map<TransferId, Reservation>& reservations,
               std::span<const Transfer> made)
    : accounts_(accounts), reservations_(reservations), made_(made) {
  sides_.reserve(made.size());
  for (const auto& transfer : made)
    sides_.push_back({find_account(accounts, transfer.debit), find_account(accounts, transfer.credit)});
}

bool AmountsArePositive::holds(const Change& change) {
  return every_transfer(change, [](const Transfer& transfer) { return transfer.amount.is_positive(); });
}

bool TwoDifferentAccounts::holds(const Change& change) {
  return every_movement(change, [](const Transfer& transfer, const Change::Sides& sides) {
    return transfer.debit != transfer.credit && sides.debit != nullptr && sides.credit != nullptr;
  });
}

bool OneCurrency::holds(const Change& change) {
  return every_movement(change, [](const Transfer& transfer, const Change::Sides& sides) {
    const auto has_it = [&](const AccountChange* account) {
      return account != nullptr && account->terms.currency == transfer.amount.currency();
    };
    return !transfer.amount.currency().is_none() && has_it(sides.debit) && has_it(sides.credit);
  });
}

bool DebitsEqualCredits::holds(const Change& change) {
  std::vector<std::pair<money::Currency, Sums>> totals;  // of a handful of currencies
  for (const auto& account : change.accounts()) {
    auto total = std::ranges::find(totals, account.terms.currency, &std::pair<money::Currency, Sums>::first);
    if (total == totals.end()) total = totals.insert(totals.end(), {account.terms.currency, Sums{}});
    if (!add_to(total->second, difference(account.after, account.before))) return false;
  }
  return std::ranges::all_of(totals, [](const auto& item) {
    const Sums& total = item.second;
    return total.debits_posted == total.credits_posted && total.debits_pending == total.credits_pending;
  });
}

bool BalancesFollowTransfers::holds(const Change& change) {
  std::vector<Sums> expected(change.accounts().size());
  for (std::size_t i = 0; i < change.made().size(); ++i) {
    const Transfer& transfer = change.made()[i];
    const auto [debit, credit] = change.sides(i);
    if (debit == nullptr || credit == nullptr) return false;
    Sums& debited = expected[change.index_of(*debit)];
    debited.debits_posted += transfer.posted_minor();
    debited.debits_pending += transfer.pending_minor;
    Sums& credited = expected[change.index_of(*credit)];
    credited.credits_posted += transfer.posted_minor();
    credited.credits_pending += transfer.pending_minor;
  }
  return every_account(change, [&](const AccountChange& account) {
    return difference(account.after, account.before) == expected[change.index_of(account)];
  });
}

bool FloorsHold::holds(const Change& change) {
  return every_account(change, [](const AccountChange& item) {
    if (item.terms.floor == Floor::none) return true;
    const std::int64_t after = available_minor(item.terms.normal_side, item.after);
    return after >= 0 || after >= available_minor(item.terms.normal_side, item.before);
  });
}

bool PendingIsNeverNegative::holds(const Change& change) {
  return every_account(change, [](const AccountChange& item) {
    return item.terms.balance_mode == BalanceMode::derived ||
           (item.after.debits_pending >= 0 && item.after.credits_pending >= 0);
  });
}

bool ReservationsEndOnce::holds(const Change& change) {
  std::set<TransferId> ended;
  return every_transfer(change, [&](const Transfer& transfer) {
    const bool ends = transfer.step == Step::post_pending || transfer.step == Step::void_pending;
    if (!ends) return !transfer.pending_id.has_value();
    if (!transfer.pending_id || !ended.insert(*transfer.pending_id).second) return false;
    const auto found = change.reservations().find(*transfer.pending_id);
    if (found == change.reservations().end()) return false;
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
