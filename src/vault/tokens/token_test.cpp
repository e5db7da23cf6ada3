// Vault tokens at the desk and in use: what is left of them, whatever the card network does.
#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "vault/cards/card_repository.h"
#include "vault/test_support.h"
#include "wire/iso8583_parts.h"

namespace karv::vault {
namespace {

using testing::Behavior;
using testing::eventually;

struct Limits {
  std::optional<std::int64_t> cap_minor;
  std::optional<std::int64_t> most_uses;
  std::optional<std::int64_t> most_each_minor = {};
  std::optional<base::Instant> expires_at = {};
};

struct World {
  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};

  base::Result<std::string> derive(const std::string& from, Purpose purpose, const Limits& limits) {
    vault_api::DeriveRequest request;
    request.vault_token = from;
    request.customer = vault.customer;
    request.merchant = vault.merchant;
    request.purpose = purpose;
    request.cap_minor = limits.cap_minor;
    if (limits.cap_minor || limits.most_each_minor) request.currency = "EUR";
    request.most_uses = limits.most_uses;
    request.most_each_minor = limits.most_each_minor;
    if (limits.expires_at) request.expires_at = limits.expires_at->ms;
    request.business_time = vault.wall.now().ms;
    KARV_TRY(auto answer, vault.desk->derive_token(vault.tenant, request));
    return std::move(answer.vault_token);
  }
  StoredToken stored(const std::string& token) {
    return vault.database
        ->read<StoredToken>("test",
                            [&](store::ReadTx& tx) -> base::Result<StoredToken> {
                              const auto ring = vault.keys->get().value();
                              KARV_TRY(const auto found, find_token_of(tx, ring->token_digests(vault.tenant, token)));
                              return *found;
                            })
        .value();
  }
  // What is repeated comes to its end: the clock moves on to the next attempts.
  bool becomes(OperationId id, OperationState state) {
    for (int attempt = 0; attempt < 5; ++attempt) {
      vault.wall.advance(base::seconds(10));
      for (int ms = 0; ms < 500; ++ms) {
        if (vault.state_of(id) == state) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    return false;
  }
  base::Result<vault_api::OperationAnswer> run(OperationKind kind, const vault_api::CardOperation& request) {
    return vault.operations->run(vault.tenant, kind, request);
  }
};

// One use of a token in the model: what the network does with it, and how much it is about.
struct Step {
  int behavior = 0;  // 0 approves, 1 declines, 2 cannot be reached
  std::int64_t amount_minor = 0;
};

TEST(VaultTokens, a_token_is_never_used_more_often_or_for_more_than_it_allows) {
  World world;
  const auto saved = world.vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  EXPECT_TRUE(rc::check([&] {
    const auto most_uses = *rc::gen::inRange<std::int64_t>(1, 5);
    const auto cap = *rc::gen::inRange<std::int64_t>(1, 2000);
    const auto steps = *rc::gen::container<std::vector<Step>>(
        8, rc::gen::build<Step>(rc::gen::set(&Step::behavior, rc::gen::inRange(0, 3)),
                                rc::gen::set(&Step::amount_minor, rc::gen::inRange<std::int64_t>(0, 800))));
    const auto token = world.derive(saved, Purpose::purchase, {.cap_minor = cap, .most_uses = most_uses}).value();
    std::int64_t used = 0;
    std::int64_t uses = 0;
    for (const auto& step : steps) {
      world.peer.set_behavior(step.behavior == 1 ? Behavior::decline : Behavior::approve);
      world.peer.refuse_sends(step.behavior == 2);
      const auto answer = world.run(OperationKind::hold, world.vault.operation(token, step.amount_minor));
      world.peer.refuse_sends(false);
      const bool fits = uses < most_uses && used + step.amount_minor <= cap;
      RC_ASSERT(answer.ok() == fits);
      if (!fits) RC_ASSERT(answer.error().reason() == "SCOPE_REFUSED");
      if (!fits || answer->outcome != Outcome::approved) continue;
      ++uses;
      used += step.amount_minor;
    }
    RC_ASSERT(world.stored(token).uses == uses);
    RC_ASSERT(world.stored(token).used_minor == used);
  }));
}

TEST(VaultTokens, of_many_at_once_only_as_many_as_it_allows_are_sent) {
  World world;
  const auto saved = world.vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto token = world.derive(saved, Purpose::purchase, {.cap_minor = {}, .most_uses = 1}).value();
  std::vector<vault_api::CardOperation> requests;
  for (int i = 0; i < 8; ++i) requests.push_back(world.vault.operation(token, 10));
  std::atomic<int> approved = 0;
  {
    std::vector<std::jthread> threads;
    for (const auto& request : requests)
      threads.emplace_back([&] { approved += world.run(OperationKind::hold, request).ok() ? 1 : 0; });
  }
  EXPECT_EQ(approved, 1);
  EXPECT_EQ(world.peer.count("0100"), 1);
}

TEST(VaultTokens, an_answer_that_was_lost_gives_its_use_back_once_it_is_undone) {
  World world;
  const auto saved = world.vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto token = world.derive(saved, Purpose::purchase, {.cap_minor = {}, .most_uses = 1}).value();
  world.peer.set_behavior(Behavior::garbage);
  world.peer.ignore_advices(1);
  const auto lost = world.vault.operation(token, 10);
  EXPECT_EQ(world.run(OperationKind::hold, lost)->outcome, Outcome::unknown);
  world.peer.set_behavior(Behavior::approve);
  EXPECT_EQ(world.run(OperationKind::hold, world.vault.operation(token, 10)).error().reason(), "SCOPE_REFUSED");
  EXPECT_TRUE(world.becomes(lost.operation, OperationState::reversed));
  EXPECT_EQ(world.run(OperationKind::hold, world.vault.operation(token, 10))->outcome, Outcome::approved);
}

// A hold's completions and its release need no use of their own; whoever only releases has a use for that.
TEST(VaultTokens, one_purchase_and_its_refund_take_the_uses_they_need) {
  World world;
  const auto saved = world.vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto token = world.derive(saved, Purpose::purchase, {.cap_minor = 1000, .most_uses = 1}).value();
  const auto hold = world.vault.operation(token, 1000);
  ASSERT_TRUE(world.run(OperationKind::hold, hold).ok());
  const auto part = world.vault.operation(token, 600, hold.operation);
  ASSERT_TRUE(world.run(OperationKind::complete, part).ok());
  EXPECT_TRUE(eventually([&] { return world.vault.state_of(part.operation) == OperationState::confirmed; }));
  EXPECT_EQ(world.derive(token, Purpose::installments, {.cap_minor = 1, .most_uses = 1}).error().reason(),
            "INVALID_SCOPE");  // names no agreement
  const auto back = world.derive(token, Purpose::refund, {.cap_minor = 600, .most_uses = 1}).value();
  EXPECT_TRUE(world.run(OperationKind::refund, world.vault.operation(back, 200, hold.operation)).ok());
  EXPECT_EQ(world.run(OperationKind::refund, world.vault.operation(back, 200, hold.operation)).error().reason(),
            "SCOPE_REFUSED");
  const auto release = world.derive(token, Purpose::reversal, {.cap_minor = 1, .most_uses = 1}).value();
  EXPECT_TRUE(world.run(OperationKind::reverse, world.vault.operation(release, 0, hold.operation)).ok());
  EXPECT_EQ(world.stored(release).uses, 1);
}

// A subscription: so much a month at most, so often, until then.
TEST(VaultTokens, recurring_charges_stay_within_each_all_uses_and_time) {
  World world;
  auto& vault = world.vault;
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto first = world.derive(saved, Purpose::purchase, {.cap_minor = 100, .most_uses = 1}).value();
  const auto hold = vault.operation(first, 100);
  ASSERT_TRUE(world.run(OperationKind::hold, hold).ok());
  const auto end = vault.wall.now() + base::days(365);
  const auto token = world
                         .derive(saved, Purpose::recurring,
                                 {.cap_minor = 250, .most_uses = 3, .most_each_minor = 100, .expires_at = end})
                         .value();
  const auto charge = [&](std::int64_t amount) { return vault.operation(token, amount, hold.operation); };
  EXPECT_EQ(world.run(OperationKind::charge, charge(101)).error().reason(), "SCOPE_REFUSED");
  EXPECT_EQ(world.run(OperationKind::charge, charge(100))->outcome, Outcome::approved);
  EXPECT_EQ(world.run(OperationKind::charge, charge(100))->outcome, Outcome::approved);
  EXPECT_EQ(world.run(OperationKind::charge, charge(51)).error().reason(), "SCOPE_REFUSED");  // in all
  auto late = charge(10);
  late.business_time = end.ms;
  EXPECT_EQ(world.run(OperationKind::charge, late).error().reason(), "SCOPE_REFUSED");
  EXPECT_EQ(world.run(OperationKind::charge, charge(10))->outcome, Outcome::approved);
  EXPECT_EQ(world.run(OperationKind::charge, charge(10)).error().reason(), "SCOPE_REFUSED");  // the fourth
  EXPECT_EQ(world.run(OperationKind::hold, vault.operation(token, 1)).error().reason(), "SCOPE_REFUSED");
  auto elsewhere = charge(10);
  elsewhere.merchant = MerchantRef(vault.customer.uuid());
  EXPECT_EQ(world.run(OperationKind::charge, elsewhere).error().reason(), "TOKEN_UNKNOWN");
  EXPECT_EQ(world.peer.count("0200"), 3);
  EXPECT_EQ(world.derive(saved, Purpose::recurring, {.cap_minor = 250, .most_uses = {}}).error().reason(),
            "INVALID_SCOPE");
}

TEST(VaultTokens, a_payout_is_an_original_credit_and_never_above_its_cap) {
  World world;
  auto& vault = world.vault;
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  EXPECT_EQ(world.derive(saved, Purpose::payout, {.cap_minor = {}, .most_uses = {}}).error().reason(), "INVALID_SCOPE");
  // More than the operator allows for one.
  EXPECT_EQ(world.derive(saved, Purpose::payout, {.cap_minor = 5001, .most_uses = {}}).error().reason(),
            "SCOPE_REFUSED");
  const auto token = world.derive(saved, Purpose::payout, {.cap_minor = 1000, .most_uses = {}}).value();
  EXPECT_EQ(world.run(OperationKind::payout, vault.operation(token, 1001)).error().reason(), "SCOPE_REFUSED");
  EXPECT_EQ(world.run(OperationKind::payout, vault.operation(token, 0)).error().reason(), "BAD_VALUE");
  const auto paid = vault.operation(token, 700);
  EXPECT_EQ(world.run(OperationKind::payout, vault.operation(token, 700, paid.operation)).error().reason(),
            "BAD_VALUE");
  EXPECT_EQ(world.run(OperationKind::payout, paid)->outcome, Outcome::approved);
  EXPECT_EQ(world.run(OperationKind::payout, paid)->outcome, Outcome::approved);  // said again
  EXPECT_EQ(world.peer.count("0200"), 1);
  const auto message = world.peer.last("0200");
  EXPECT_EQ(message.find(3), "260000");
  EXPECT_EQ(message.find(4), "000000000700");
  EXPECT_EQ(message.secret(2)->expose_text(), testing::kVisa);
  const auto extra = wire::iso8583::PrivateData::decode(message.secret(48)->expose()).value();
  EXPECT_EQ(extra.find("IN")->expose_text(), "M");
  EXPECT_EQ(extra.find("OR"), nullptr);
  EXPECT_EQ(world.run(OperationKind::payout, vault.operation(token, 301)).error().reason(), "SCOPE_REFUSED");
  for (const auto kind : {OperationKind::hold, OperationKind::refund})
    EXPECT_FALSE(world.run(kind, vault.operation(token, 1)).ok());
  const auto back = world.derive(saved, Purpose::refund, {.cap_minor = 700, .most_uses = {}}).value();
  EXPECT_EQ(world.run(OperationKind::refund, vault.operation(back, 1, paid.operation)).error().reason(),
            "NOT_MATCHING");
}

TEST(VaultTokens, a_payout_without_an_answer_is_repeated_and_one_that_was_not_sent_is_over) {
  World world;
  auto& vault = world.vault;
  const auto saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  const auto token = world.derive(saved, Purpose::payout, {.cap_minor = 1000, .most_uses = {}}).value();
  world.peer.refuse_sends(true);
  const auto unsent = world.run(OperationKind::payout, vault.operation(token, 1000));
  EXPECT_EQ(unsent->state, OperationState::not_sent);
  world.peer.refuse_sends(false);
  EXPECT_EQ(world.stored(token).used_minor, 0);
  vault.wall.advance(base::seconds(5));  // the network's key, which was not sent either, is tried again
  world.peer.set_behavior(Behavior::garbage);
  const auto lost = vault.operation(token, 1000);
  EXPECT_EQ(world.run(OperationKind::payout, lost)->outcome, Outcome::unknown);
  world.peer.set_behavior(Behavior::approve);
  EXPECT_TRUE(world.becomes(lost.operation, OperationState::approved));
  EXPECT_EQ(world.peer.last("0201").find(11), world.peer.last("0200").find(11));
  EXPECT_EQ(world.peer.last("0201").find(37), world.peer.last("0200").find(37));
  EXPECT_EQ(world.peer.count("0420"), 0);
  EXPECT_EQ(world.stored(token).used_minor, 1000);
}

}  // namespace
}  // namespace karv::vault
