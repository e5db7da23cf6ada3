// What the ledger's own tests share: a fresh database, accounts and short ways to say a transfer. For tests only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "ledger/service.h"
#include "ledger/verify.h"
#include "store/temporary.h"

namespace karv::ledger {

inline constexpr money::Currency kEur = money::Currency::of("EUR");
inline constexpr money::Currency kSek = money::Currency::of("SEK");

class LedgerWorld {
 public:
  AccountId open(NormalSide side, BalanceMode mode, Floor floor = Floor::none, money::Currency currency = kEur) {
    const Account account{.id = next<AccountTag>(),
                          .kind = "test",
                          .owner = "owner",
                          .currency = currency,
                          .normal_side = side,
                          .balance_mode = mode,
                          .floor = floor};
    EXPECT_TRUE(write([&](store::Tx& tx) -> base::Result<void> {
                  open_account(tx, account);
                  return {};
                }).ok());
    return account.id;
  }

  TransferSpec transfer(AccountId debit, AccountId credit, std::int64_t minor, money::Currency currency = kEur) {
    return {.id = next<TransferTag>(),
            .step = Step::posted,
            .kind = "test",
            .debit = debit,
            .credit = credit,
            .amount = money::Money{minor, currency},
            .pending_id = std::nullopt,
            .group = std::nullopt,
            .reference = std::nullopt,
            .business_time = wall.now()};
  }
  TransferSpec reservation(AccountId debit, AccountId credit, std::int64_t minor) {
    auto spec = transfer(debit, credit, minor);
    spec.step = Step::pending;
    return spec;
  }
  TransferSpec ending(Step step, TransferId pending, std::optional<std::int64_t> minor = {}) {
    auto spec = transfer({}, {}, 1);
    spec.step = step;
    spec.pending_id = pending;
    spec.amount = minor ? std::optional(money::Money{*minor, kEur}) : std::nullopt;
    return spec;
  }

  template <class Work>
  base::Result<void> write(Work work) {
    return db->write<void>("test", work);
  }
  base::Result<void> post_all(std::vector<TransferSpec> specs) {
    return write([&](store::Tx& tx) { return post(tx, specs); });
  }
  Sums sums(AccountId id) {
    auto found = db->read<Balance>("test", [&](store::ReadTx& tx) { return balance(tx, id); });
    EXPECT_TRUE(found.ok());
    return found->sums;
  }
  std::vector<VerifyFinding> findings() {
    auto verified = verify(*db);
    EXPECT_TRUE(verified.ok());
    return verified->findings;
  }
  template <class Tag>
  base::Id<Tag> next() {
    wall.advance(base::milliseconds(1));
    return base::make_id<Tag>(wall, random);
  }

  base::ManualClock wall{{1'700'000'000'000}};
  base::SeededRandom random{7};
  int last_round_trips = 0;
  store::TemporaryDatabase db = store::TemporaryDatabase::create(
      migrations(), [this](const store::WriteReport& report) { last_round_trips = report.round_trips; });
};

}  // namespace karv::ledger
