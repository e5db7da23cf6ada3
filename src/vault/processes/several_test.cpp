// Several vaults on one store: what one has under way, the other leaves alone until its lease is over.
#include <future>
#include <set>

#include <gtest/gtest.h>

#include "store/temporary.h"
#include "vault/operations/operation_repository.h"
#include "vault/processes/process_register.h"
#include "vault/test_support.h"
#include "vault_api/client.h"
#include "vault_api/process_names.h"

namespace karv::vault {
namespace {

using testing::Behavior;
using testing::eventually;
using testing::FakePeer;
using testing::TestVault;

class SeveralTest : public ::testing::Test {
 protected:
  std::unique_ptr<TestVault> vault(FakePeer* peer, const std::string& name) {
    KeySettings settings;
    settings.process = name;
    return std::make_unique<TestVault>(disk, peer, settings, TestVault::Among::others);
  }
  // Asks on another thread; comes back when the network has the question.
  std::future<base::Result<vault_api::OperationAnswer>> ask_silently(TestVault& at, FakePeer& peer,
                                                                     const vault_api::CardOperation& hold) {
    peer.set_behavior(Behavior::silent);
    auto answer = std::async(std::launch::async,
                             [&at, hold] { return at.operations->run(at.tenant, OperationKind::hold, hold); });
    EXPECT_TRUE(eventually([&] { return peer.count("0100") > 0; }));
    return answer;
  }
  void advance(base::Duration by) {
    for (auto* one : {a.get(), b.get()})
      if (one != nullptr) one->wall.advance(by);
  }

  testing::Disk disk;
  FakePeer peer_of_a, peer_of_b;
  std::unique_ptr<TestVault> a, b;
};

// On the embedded engine one process has the file; the vaults of a test are in one.
#define KARV_SEVERAL_NEED_POSTGRES() \
  if (!store::testing_on_postgres()) GTEST_SKIP() << "several vaults need PostgreSQL"

TEST_F(SeveralTest, a_vault_that_starts_leaves_alone_what_another_has_under_way) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(&peer_of_a, "a");
  const auto hold = a->operation(a->make_card().vault_token, 1000);
  auto answer = ask_silently(*a, peer_of_a, hold);
  b = vault(&peer_of_b, "b");
  advance(base::seconds(7));
  EXPECT_EQ(b->state_of(hold.operation), OperationState::recorded);
  EXPECT_EQ(peer_of_b.count("0420"), 0);
  // Said again at the other one: what is known, and nothing is sent.
  EXPECT_EQ(b->operations->run(b->tenant, OperationKind::hold, hold)->outcome, Outcome::unknown);
  EXPECT_EQ(peer_of_b.count("0100"), 0);
  a->wall.advance(base::seconds(1));
  EXPECT_EQ(answer.get()->outcome, Outcome::unknown);
  EXPECT_TRUE(eventually([&] { return b->state_of(hold.operation) == OperationState::reversed; }));
  EXPECT_EQ(peer_of_a.count("0420") + peer_of_b.count("0420"), 1);
}

TEST_F(SeveralTest, what_a_dead_vault_had_under_way_is_undone_by_another_when_its_lease_is_over) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(&peer_of_a, "a");
  b = vault(&peer_of_b, "b");
  const auto hold = a->operation(a->make_card().vault_token, 1000);
  auto answer = ask_silently(*a, peer_of_a, hold);
  b->wall.advance(base::seconds(19));  // as if a's process were gone: nobody there will record an end
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(b->state_of(hold.operation), OperationState::recorded);
  b->wall.advance(base::seconds(2));
  EXPECT_TRUE(eventually([&] { return b->state_of(hold.operation) == OperationState::reversed; }));
  EXPECT_EQ(peer_of_b.count("0420"), 1);
  a->kill();
  EXPECT_EQ(answer.get()->outcome, Outcome::declined);
}

TEST_F(SeveralTest, an_approval_that_comes_after_another_has_undone_it_is_undone_again) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(&peer_of_a, "a");
  b = vault(&peer_of_b, "b");
  peer_of_a.set_behavior(Behavior::late);
  const auto hold = a->operation(a->make_card().vault_token, 1000);
  auto answer =
      std::async(std::launch::async, [&] { return a->operations->run(a->tenant, OperationKind::hold, hold); });
  EXPECT_TRUE(eventually([&] { return peer_of_a.count("0100") == 1; }));
  b->wall.advance(base::seconds(21));
  EXPECT_TRUE(eventually([&] { return b->state_of(hold.operation) == OperationState::reversed; }));
  const std::string first(*peer_of_b.last("0420").find(11));
  peer_of_a.send_late_answers();  // within a's own limit
  EXPECT_EQ(answer.get()->outcome, Outcome::unknown);
  EXPECT_TRUE(eventually([&] { return peer_of_a.count("0420") + peer_of_b.count("0420") == 2; }));
  EXPECT_TRUE(eventually([&] { return b->state_of(hold.operation) == OperationState::reversed; }));
  const auto& second = peer_of_a.count("0420") == 1 ? peer_of_a : peer_of_b;
  EXPECT_NE(second.last("0420").find(11), first);
}

TEST_F(SeveralTest, an_advice_is_sent_by_one_of_two_and_money_moves_once) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(&peer_of_a, "a");
  b = vault(&peer_of_b, "b");
  const auto token = a->make_card().vault_token;
  const auto hold = a->operation(token, 40);
  ASSERT_TRUE(a->operations->run(a->tenant, OperationKind::hold, hold).ok());
  std::vector<OperationId> parts;
  for (int i = 0; i < 40; ++i) {
    auto& at = i % 2 == 0 ? *a : *b;
    const auto part = a->operation(token, 1, hold.operation);
    ASSERT_TRUE(at.operations->run(at.tenant, OperationKind::complete, part).ok());
    parts.push_back(part.operation);
  }
  for (const auto id : parts) EXPECT_TRUE(eventually([&] { return a->state_of(id) == OperationState::confirmed; }));
  EXPECT_EQ(peer_of_a.count("0220") + peer_of_b.count("0220"), 40);
  EXPECT_EQ(peer_of_a.count("0221") + peer_of_b.count("0221"), 0);
}

TEST_F(SeveralTest, a_row_that_has_moved_is_claimed_by_nobody_else) {
  a = vault(nullptr, "");
  const OpenOperation row{.id = a->operation("", 1).operation, .attempts = 0, .due_at = a->wall.now()};
  OpenOperation next = row;
  next.attempts = 1;
  const auto move = [&] {
    return a->database->write<bool>("test", [&](store::Tx& tx) { return move_open(tx, row, next); }).value();
  };
  EXPECT_FALSE(move());
  ASSERT_TRUE(a->database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  insert_open(tx, row);
                                  return {};
                                })
                  .ok());
  EXPECT_TRUE(move());
  EXPECT_FALSE(move());
}

TEST_F(SeveralTest, trace_numbers_of_two_processes_are_different) {
  a = vault(nullptr, "");
  TraceNumbers one(*a->database);
  TraceNumbers two(*a->database);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 2500; ++i)
    for (auto* numbers : {&one, &two}) {
      const auto number = numbers->next().value();
      EXPECT_TRUE(number >= 1 && number <= 999'000) << number;
      EXPECT_TRUE(seen.insert(number).second) << number;
    }
}

TEST_F(SeveralTest, a_token_names_the_vault_that_keeps_the_code_and_so_do_those_derived_from_it) {
  a = vault(nullptr, "blue-1");
  const auto card = a->make_card(testing::kVisa, Purpose::saved);
  EXPECT_EQ(vault_api::process_named_in(card.vault_token), "blue-1");
  const auto token = a->derive(card.vault_token, Purpose::purchase);
  EXPECT_EQ(vault_api::process_named_in(token), "blue-1");
  EXPECT_EQ(vault_api::request_of(OperationKind::hold, a->operation(token, 1)).place, "blue-1");
  // The name is a part of the token: another one makes another token.
  auto request = a->operation(token.substr(0, token.find('.')) + ".blue-2", 1);
  EXPECT_EQ(a->operations->run(a->tenant, OperationKind::hold, request).error().reason(), "TOKEN_UNKNOWN");
  for (const char* odd : {"abc", "", "abc.", "abc.UP", "abc.with space", "abc.seventeen-letters"})
    EXPECT_EQ(vault_api::process_named_in(odd), "") << odd;
}

TEST_F(SeveralTest, a_hold_at_another_vault_goes_without_the_code) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(&peer_of_a, "a");
  b = vault(&peer_of_b, "b");
  const auto hold = a->operation(a->make_card().vault_token, 1000);
  EXPECT_EQ(b->operations->run(b->tenant, OperationKind::hold, hold)->outcome, Outcome::approved);
  EXPECT_EQ(peer_of_b.count("0100"), 1);
  EXPECT_EQ(peer_of_a.count("0100"), 0);
  EXPECT_EQ(a->codes.size(), 1U);  // until it is wiped
}

TEST_F(SeveralTest, each_says_whether_it_is_open_and_a_seal_reaches_all) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(nullptr, "a");
  b = vault(nullptr, "b");
  ProcessRegister of_a(*a->database, *a->keys, *a->network, a->wall, a->random);
  ProcessRegister of_b(*b->database, *b->keys, *b->network, b->wall, b->random);
  ASSERT_TRUE(of_a.say_here().ok());
  ASSERT_TRUE(of_b.say_here().ok());
  auto lines = list_processes(*a->database, a->wall.now()).value();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].name, "b");
  EXPECT_EQ(lines[1].because, "");
  EXPECT_TRUE(lines[1].here);
  ASSERT_TRUE(ask_others_to_seal(*a->database, "a", "case 12").ok());
  ASSERT_TRUE(of_a.say_here().ok());
  ASSERT_TRUE(of_b.say_here().ok());
  EXPECT_EQ(a->keys->sealed_because(), "");
  EXPECT_EQ(b->keys->sealed_because(), "case 12");
  // Asked once: who opens it again finds it open.
  ASSERT_TRUE(b->keys->unseal(disk.hsm).ok());
  ASSERT_TRUE(of_b.say_here().ok());
  EXPECT_EQ(b->keys->sealed_because(), "");
  a->wall.advance(base::seconds(20));
  ASSERT_TRUE(of_a.say_here().ok());
  lines = list_processes(*a->database, a->wall.now()).value();
  EXPECT_TRUE(lines[0].here);
  EXPECT_FALSE(lines[1].here);
}

// What a former run was asked does not seal the next one.
TEST_F(SeveralTest, a_new_run_of_a_name_takes_its_row_over) {
  a = vault(nullptr, "a");
  {
    ProcessRegister former(*a->database, *a->keys, *a->network, a->wall, a->random);
    ASSERT_TRUE(former.say_here().ok());
  }
  ASSERT_TRUE(ask_others_to_seal(*a->database, "b", "case 12").ok());
  ProcessRegister next(*a->database, *a->keys, *a->network, a->wall, a->random);
  ASSERT_TRUE(next.say_here().ok());
  ASSERT_TRUE(next.say_here().ok());
  EXPECT_EQ(a->keys->sealed_because(), "");
  EXPECT_EQ(list_processes(*a->database, a->wall.now())->size(), 1U);
}

TEST_F(SeveralTest, who_was_not_there_for_thirty_days_is_forgotten_at_the_next_start_of_another) {
  KARV_SEVERAL_NEED_POSTGRES();
  a = vault(nullptr, "a");
  b = vault(nullptr, "b");
  ProcessRegister gone(*b->database, *b->keys, *b->network, b->wall, b->random);
  ASSERT_TRUE(gone.say_here().ok());
  const auto listed_after = [&](base::Duration time) {
    a->wall.advance(time);
    ProcessRegister starting(*a->database, *a->keys, *a->network, a->wall, a->random);
    EXPECT_TRUE(starting.say_here().ok());
    return list_processes(*a->database, a->wall.now())->size();
  };
  EXPECT_EQ(listed_after(base::days(29)), 2U);
  EXPECT_EQ(listed_after(base::days(1)), 1U);
  b->wall.advance(base::days(30));
  ASSERT_TRUE(gone.say_here().ok());  // it was only away
  EXPECT_EQ(listed_after(base::seconds(1)), 2U);
}

}  // namespace
}  // namespace karv::vault
