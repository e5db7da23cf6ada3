// The ledger against a naive one: a list of what happened, added up from the start at every question.
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "ledger/testing.h"

namespace karv::ledger {
namespace {

struct NaiveAccount {
  AccountId id;
  NormalSide side;
  Floor floor;
  money::Currency currency;
};

class NaiveLedger {
 public:
  std::vector<NaiveAccount> accounts;

  const NaiveAccount* find(AccountId id) const {
    for (const auto& account : accounts)
      if (account.id == id) return &account;
    return nullptr;
  }

  Sums sums(AccountId id) const {
    Sums sums;
    for (const auto& spec : log_) {
      const auto ended = end_of(spec.id);
      std::int64_t posted = spec.step == Step::posted ? spec.amount->minor() : 0;
      const std::int64_t pending = spec.step == Step::pending && !ended ? spec.amount->minor() : 0;
      if (ended && ended->step == Step::post_pending) posted = ended->amount.value_or(*spec.amount).minor();
      if (spec.debit == id) sums.debits_posted += posted, sums.debits_pending += pending;
      if (spec.credit == id) sums.credits_posted += posted, sums.credits_pending += pending;
    }
    return sums;
  }

  bool may_apply(const TransferSpec& spec) const {
    if (spec.pending_id) return may_end(spec);
    const auto* debit = find(spec.debit);
    const auto* credit = find(spec.credit);
    return spec.amount && spec.amount->minor() > 0 && spec.debit != spec.credit && debit != nullptr &&
           credit != nullptr && debit->currency == spec.amount->currency() &&
           credit->currency == spec.amount->currency() && keeps_floors(spec);
  }
  void apply(const TransferSpec& spec) { log_.push_back(spec); }

 private:
  std::optional<TransferSpec> end_of(TransferId id) const {
    for (const auto& spec : log_)
      if (spec.pending_id == id) return spec;
    return std::nullopt;
  }
  bool may_end(const TransferSpec& spec) const {
    for (const auto& reserved : log_)
      if (reserved.id == *spec.pending_id && reserved.step == Step::pending) {
        const auto amount = spec.amount.value_or(*reserved.amount);
        return !end_of(reserved.id) && amount.currency() == reserved.amount->currency() && amount.minor() > 0 &&
               amount.minor() <= reserved.amount->minor();
      }
    return false;
  }
  std::int64_t available(const NaiveAccount& account) const {
    const Sums s = sums(account.id);
    return account.side == NormalSide::debit ? s.debits_posted - s.credits_posted - s.credits_pending
                                             : s.credits_posted - s.debits_posted - s.debits_pending;
  }
  bool keeps_floors(const TransferSpec& spec) const {
    NaiveLedger after = *this;
    after.apply(spec);
    for (const auto& account : accounts)
      if (account.floor == Floor::zero && after.available(account) < 0) return false;
    return true;
  }

  std::vector<TransferSpec> log_;
};

struct Game {
  AccountCache known{4};  // so small that it forgets all the time
  LedgerWorld world;
  NaiveLedger model;
  std::vector<TransferId> reservations;

  Game() {
    for (const auto side : {NormalSide::debit, NormalSide::credit}) {
      for (const auto floor : {Floor::none, Floor::zero}) add(side, BalanceMode::kept, floor, kEur);
      add(side, BalanceMode::derived, Floor::none, kEur);
      add(side, BalanceMode::kept, Floor::none, kSek);
    }
  }
  void add(NormalSide side, BalanceMode mode, Floor floor, money::Currency currency) {
    model.accounts.push_back({world.open(side, mode, floor, currency), side, floor, currency});
  }

  TransferSpec draw() {
    const auto account = [&] { return model.accounts[*rc::gen::inRange<std::size_t>(0, model.accounts.size())].id; };
    const auto minor = *rc::gen::inRange<std::int64_t>(-1, 50);
    if (!reservations.empty() && *rc::gen::inRange(0, 3) == 0) {
      const auto which = reservations[*rc::gen::inRange<std::size_t>(0, reservations.size())];
      if (*rc::gen::arbitrary<bool>()) return world.ending(Step::void_pending, which);
      return world.ending(Step::post_pending, which, *rc::gen::arbitrary<bool>() ? std::optional(minor) : std::nullopt);
    }
    auto spec = world.transfer(account(), account(), minor, *rc::gen::inRange(0, 4) == 0 ? kSek : kEur);
    if (*rc::gen::arbitrary<bool>()) spec.step = Step::pending;
    return spec;
  }

  void check() {
    const auto verified = verify(*world.db);
    RC_ASSERT(verified.ok());
    for (const auto& finding : verified->findings) RC_FAIL(finding.kind + " " + finding.id + ": " + finding.what);
    for (const auto& account : model.accounts) RC_ASSERT(world.sums(account.id) == model.sums(account.id));
    for (const auto& [code, total] : verified->totals) {
      RC_ASSERT(total.debits_posted == total.credits_posted);
      RC_ASSERT(total.debits_pending == total.credits_pending);
    }
  }
};

RC_GTEST_PROP(LedgerModel, agrees_with_a_naive_ledger, ()) {
  Game game;
  const int rounds = *rc::gen::inRange(1, 12);
  for (int round = 0; round < rounds; ++round) {
    const int size = *rc::gen::inRange(1, 6);
    std::vector<TransferSpec> specs;
    for (int i = 0; i < size; ++i) {
      specs.push_back(game.draw());
      if (specs.back().step == Step::pending) game.reservations.push_back(specs.back().id);
    }
    std::vector<base::Result<void>> outcomes;
    const auto written = game.world.write([&](store::Tx& tx) -> base::Result<void> {
      KARV_TRY(outcomes, post_each(tx, specs));
      return {};
    });
    RC_ASSERT(written.ok());
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const bool expected = game.model.may_apply(specs[i]);
      RC_ASSERT(outcomes[i].ok() == expected);
      if (expected) game.model.apply(specs[i]);
    }
  }
  game.check();
}

RC_GTEST_PROP(LedgerModel, roll_ups_in_between_change_no_balance, ()) {
  Game game;
  const int rounds = *rc::gen::inRange(1, 16);
  for (int round = 0; round < rounds; ++round) {
    if (*rc::gen::arbitrary<bool>()) {
      // Any account: those with a kept balance have nothing to roll up, and say so.
      const auto which = *rc::gen::inRange<std::size_t>(0, game.model.accounts.size());
      const auto account = game.model.accounts[which].id;
      const auto entries = *rc::gen::inRange<std::int64_t>(1, 4);
      const auto rolled =
          game.world.db->write<std::int64_t>("test", [&](store::Tx& tx) { return roll_up(tx, account, entries); });
      RC_ASSERT(rolled.ok() == (game.world.mode_of(account) == BalanceMode::derived));
      if (rolled.ok()) RC_ASSERT(*rolled <= entries);
    } else {
      const int size = *rc::gen::inRange(1, 6);
      std::vector<TransferSpec> specs;
      for (int i = 0; i < size; ++i) specs.push_back(game.draw());
      std::vector<base::Result<void>> outcomes;
      RC_ASSERT(game.world
                    .write([&](store::Tx& tx) -> base::Result<void> {
                      KARV_TRY(outcomes, post_each(tx, specs, &game.known));
                      return {};
                    })
                    .ok());
      for (std::size_t i = 0; i < specs.size(); ++i) {
        if (!outcomes[i].ok()) continue;
        game.model.apply(specs[i]);
        if (specs[i].step == Step::pending) game.reservations.push_back(specs[i].id);
      }
    }
    game.check();
  }
}

RC_GTEST_PROP(LedgerModel, linked_transfers_apply_whole_or_not_at_all, ()) {
  Game game;
  const int rounds = *rc::gen::inRange(1, 10);
  for (int round = 0; round < rounds; ++round) {
    const int size = *rc::gen::inRange(1, 5);
    std::vector<TransferSpec> specs;
    for (int i = 0; i < size; ++i) specs.push_back(game.draw());
    NaiveLedger trial = game.model;
    bool all = true;
    for (const auto& spec : specs) {
      all = all && trial.may_apply(spec);
      if (all) trial.apply(spec);
    }
    RC_ASSERT(game.world.post_all(specs).ok() == all);
    if (!all) continue;
    game.model = trial;
    for (const auto& spec : specs)
      if (spec.step == Step::pending) game.reservations.push_back(spec.id);
  }
  game.check();
}

}  // namespace
}  // namespace karv::ledger
