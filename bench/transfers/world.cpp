#include "transfers/world.h"

#include <map>

#include "base/id.h"

namespace karv::bench {
namespace {

using ledger::Account;
using ledger::AccountId;
using ledger::BalanceMode;
using ledger::TransferSpec;

constexpr auto kEur = money::Currency::of("EUR");
constexpr std::int64_t kAmountMinor = 100;
constexpr std::int64_t kIdsPerMillisecond = 40;

Change& change_of(std::map<AccountId, Change>& changes, AccountId account, const TransferSpec& transfer) {
  return changes.try_emplace(account, Change{.account = account, .first = transfer.id}).first->second;
}

std::vector<Change> in_id_order(const std::map<AccountId, Change>& changes) {
  std::vector<Change> all;
  all.reserve(changes.size());
  for (const auto& [account, change] : changes) all.push_back(change);
  return all;
}

}  // namespace

World::World(const Shape& shape, std::uint64_t seed)
    : clock_(base::SystemClock().now()), random_(seed), kept_(static_cast<std::uint64_t>(shape.kept)) {
  for (int i = 0; i < shape.kept; ++i) accounts_.push_back(account(BalanceMode::kept));
  for (int i = 0; i < shape.derived; ++i) accounts_.push_back(account(BalanceMode::derived));
}

Hands World::deal(int writers, std::int64_t calls_of_each, int transfers_of_call) {
  Hands hands(static_cast<std::size_t>(writers));
  for (auto& hand : hands) hand.reserve(static_cast<std::size_t>(calls_of_each));
  for (std::int64_t i = 0; i < calls_of_each; ++i)
    for (auto& hand : hands) hand.push_back(draw(transfers_of_call));
  return hands;
}

template <class Tag>
base::Id<Tag> World::next_id() {
  if (++ids_ % kIdsPerMillisecond == 0) clock_.advance(base::milliseconds(1));
  return base::make_id<Tag>(clock_, random_);
}

Account World::account(BalanceMode mode) {
  const bool kept = mode == BalanceMode::kept;
  return {.id = next_id<ledger::AccountTag>(),
          .kind = kept ? "customer_receivable" : "merchant_payable",
          .owner = "0198c5a0-0000-7000-8000-000000000000",
          .currency = kEur,
          .normal_side = kept ? ledger::NormalSide::debit : ledger::NormalSide::credit,
          .balance_mode = mode};
}

const Account& World::credited(const Account& debited) {
  if (const auto derived = accounts_.size() - kept_; derived > 0) return accounts_[kept_ + random_.below(derived)];
  const Account* other = &debited;
  while (other == &debited) other = &kept();
  return *other;
}

TransferSpec World::transfer() {
  const Account& debited = kept();
  return {.id = next_id<ledger::TransferTag>(),
          .step = ledger::Step::posted,
          .kind = "order_captured",
          .debit = debited.id,
          .credit = credited(debited).id,
          .amount = money::Money{kAmountMinor, kEur},
          .pending_id = std::nullopt,
          .group = std::nullopt,
          .reference = std::nullopt,
          .business_time = {1'795'000'000'000}};
}

Call World::draw(int transfers) {
  Call call;
  call.transfers.reserve(static_cast<std::size_t>(transfers));
  std::map<AccountId, Change> tail;
  std::map<AccountId, Change> kept;
  auto& credited = accounts_.size() > kept_ ? tail : kept;
  for (int i = 0; i < transfers; ++i) {
    const auto& made = call.transfers.emplace_back(transfer());
    change_of(kept, made.debit, made).debits += kAmountMinor;
    change_of(credited, made.credit, made).credits += kAmountMinor;
  }
  call.tail = in_id_order(tail);
  call.kept = in_id_order(kept);
  return call;
}

}  // namespace karv::bench
