#include "vault/network/network_keys.h"

#include <future>

#include <gtest/gtest.h>

#include "vault/keys/repository.h"
#include "vault/operations/operation_repository.h"
#include "vault/operations/operation_steps.h"
#include "vault/rotation/key_rotation.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

using testing::Behavior;
using testing::eventually;
namespace iso = wire::iso8583;

class NetworkKeysTest : public ::testing::Test {
 protected:
  KeyId active() { return vault.keys->refresh().value()->find_active(KeyClass::network)->row.id; }
  vault_api::OperationAnswer run(OperationKind kind, const vault_api::CardOperation& request) {
    auto answer = vault.operations->run(vault.tenant, kind, request);
    EXPECT_TRUE(answer.ok()) << answer.error().internal_text();
    return answer.value();
  }
  std::string hold() { return run(OperationKind::hold, vault.operation(token, 100)).response_code; }
  static std::string tag(const iso::Message& message, const char* name) {
    const auto extra = iso::PrivateData::decode(message.secret(48)->expose());
    const auto* const value = extra->find(name);
    return value == nullptr ? "" : std::string(value->expose_text());
  }
  // A payout that the network booked and did not answer, and its first message.
  vault_api::CardOperation lose_payout(Operations& operations) {
    const auto payout = vault.operation(vault.derive(saved, Purpose::payout, 1000), 1000);
    peer.set_behavior(Behavior::silent);
    auto answer =
        std::async(std::launch::async, [&] { return operations.run(vault.tenant, OperationKind::payout, payout); });
    EXPECT_TRUE(eventually([&] { return peer.count("0200") == 1; }));
    vault.wall.advance(base::seconds(8));
    EXPECT_EQ(answer.get()->outcome, Outcome::unknown);
    return payout;
  }
  bool is_approved(const vault_api::CardOperation& payout) {
    peer.set_behavior(Behavior::approve);
    return eventually([&] {
      vault.wall.advance(base::seconds(10));
      return vault.state_of(payout.operation) == OperationState::approved;
    });
  }
  std::vector<OpenOperation> all_open() {
    return vault.database->read<std::vector<OpenOperation>>("test", [](auto& tx) { return find_all_open(tx); }).value();
  }
  std::optional<std::string> as_sent(OperationId id) {
    for (const auto& row : all_open())
      if (row.id == id) return row.as_sent;
    return std::nullopt;
  }
  // The sign-on of a network that was started again.
  void start_network_again() {
    const auto before = vault.network->sign_ons();
    peer.forget_network_keys();
    peer.hang_up();
    peer.reopen();
    ASSERT_TRUE(eventually([&] { return vault.network->sign_ons() > before; }));
  }

  testing::Disk disk;
  testing::FakePeer peer;
  testing::TestVault vault{disk, &peer};
  KeyRotation rotation{*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random};
  std::string saved = vault.make_card(testing::kVisa, Purpose::saved).vault_token;
  std::string token = vault.derive(saved, Purpose::purchase, 100'000);
};

TEST_F(NetworkKeysTest, holds_charges_and_payouts_carry_a_cryptogram_that_is_theirs_alone) {
  EXPECT_EQ(hold(), "00");
  const auto first = peer.last("0100");
  EXPECT_EQ(hold(), "00");
  const auto second = peer.last("0100");
  EXPECT_EQ(tag(first, "UC").size(), 28U);
  EXPECT_EQ(tag(first, "UK"), tag(second, "UK"));
  EXPECT_NE(tag(first, "UC"), tag(second, "UC"));
  EXPECT_GT(tag(second, "UN"), tag(first, "UN"));
  const auto payout = vault.operation(vault.derive(saved, Purpose::payout, 1000), 1000);
  EXPECT_EQ(run(OperationKind::payout, payout).outcome, Outcome::approved);
  EXPECT_EQ(tag(peer.last("0200"), "UC").size(), 28U);
  EXPECT_EQ(peer.judge(peer.last("0200")), "63") << "a recorded message does not count again";
  EXPECT_EQ(peer.judge(first), "63");
}

TEST_F(NetworkKeysTest, what_follows_from_an_approved_message_carries_none) {
  const auto held = vault.operation(token, 1000);
  ASSERT_EQ(run(OperationKind::hold, held).outcome, Outcome::approved);
  const auto taken = vault.operation(token, 600, held.operation);
  run(OperationKind::complete, taken);
  ASSERT_TRUE(eventually([&] { return vault.state_of(taken.operation) == OperationState::confirmed; }));
  run(OperationKind::reverse, vault.operation(token, 0, held.operation));
  ASSERT_TRUE(eventually([&] { return peer.count("0400") == 1; }));
  for (const auto* mti : {"0220", "0400"}) EXPECT_EQ(tag(peer.last(mti), "UC"), "") << mti;
}

TEST_F(NetworkKeysTest, a_changed_message_is_refused) {
  peer.set_behavior(Behavior::silent);
  auto answer = std::async(std::launch::async, [&] {
    return vault.operations->run(vault.tenant, OperationKind::hold, vault.operation(token, 100));
  });
  ASSERT_TRUE(eventually([&] { return peer.count("0100") == 1; }));
  vault.wall.advance(base::seconds(8));
  (void)answer.get();
  const auto changed = [&](int element, std::string_view value) {
    auto message = peer.last("0100");
    message.set(element, value);
    return peer.judge(message);
  };
  EXPECT_EQ(changed(4, "000000000101"), "63");
  EXPECT_EQ(changed(42, "SHOP-2         "), "63");
  EXPECT_EQ(changed(49, "752"), "63");
  EXPECT_EQ(changed(37, "AAAAAAAAAAAA"), "63");
  auto bare = peer.last("0100");
  bare.set_secret(48, base::SecretBytes::copy_of("IN01C"));
  EXPECT_EQ(peer.judge(bare), "63");
}

TEST_F(NetworkKeysTest, a_payout_whose_answer_is_lost_is_repeated_with_the_same_cryptogram) {
  const auto payout = vault.operation(vault.derive(saved, Purpose::payout, 1000), 1000);
  peer.set_behavior(Behavior::silent);
  auto answer = std::async(std::launch::async,
                           [&] { return vault.operations->run(vault.tenant, OperationKind::payout, payout); });
  ASSERT_TRUE(eventually([&] { return peer.count("0200") == 1; }));
  vault.wall.advance(base::seconds(8));
  EXPECT_EQ(answer.get()->outcome, Outcome::unknown);
  const auto first = peer.last("0200");
  const auto old_key = active();
  ASSERT_TRUE(rotation.rotate(old_key).ok());  // and the key turns meanwhile
  for (int i = 0; i < 5; ++i) {
    while (rotation.work().value()) continue;
    vault.wall.advance(base::hours(2));
  }
  EXPECT_NE(vault.keys->refresh().value()->find_key(old_key), nullptr) << "it waits for the payout";
  peer.set_behavior(Behavior::approve);
  EXPECT_TRUE(eventually([&] {
    vault.wall.advance(base::seconds(10));
    return vault.state_of(payout.operation) == OperationState::approved;
  }));
  EXPECT_EQ(tag(peer.last("0201"), "UC"), tag(first, "UC"));
  EXPECT_EQ(tag(peer.last("0201"), "UN"), tag(first, "UN"));
  ASSERT_TRUE(vault.network_keys->hand_over().ok());
  for (int i = 0; i < 5; ++i) {
    while (rotation.work().value()) continue;
    vault.wall.advance(base::hours(2));
  }
  EXPECT_EQ(vault.keys->refresh().value()->find_key(old_key), nullptr);
}

TEST_F(NetworkKeysTest, a_payout_is_repeated_as_it_was_sent_though_the_card_has_another_expiry) {
  const auto payout = lose_payout(*vault.operations);
  ASSERT_TRUE(as_sent(payout.operation).has_value());
  const auto first = peer.last("0200");
  auto fields = testing::typed();
  fields.expiry_month = 9;
  fields.expiry_year = 2031;
  vault_api::TicketRequest request;
  request.customer = vault.customer;
  request.purpose = Purpose::saved;
  request.parent_origin = "https://pay.localhost:8443";
  const auto ticket = vault.desk->create_ticket(vault.tenant, request).value();
  ASSERT_TRUE(vault.desk->fill_ticket(ticket.ticket, parse_card(std::move(fields), vault.wall.now()).value()).ok());
  EXPECT_EQ(vault.cards->open(vault.sealed_card(saved))->expiry.month, 9) << "typed again, it is the same row";
  EXPECT_TRUE(is_approved(payout));
  const auto repeat = peer.last("0201");
  EXPECT_EQ(*repeat.secret(14), *first.secret(14));
  EXPECT_EQ(*repeat.secret(48), *first.secret(48));
  EXPECT_FALSE(as_sent(payout.operation).has_value()) << "settled, it is forgotten";
}

TEST_F(NetworkKeysTest, a_payout_that_went_bare_is_repeated_bare) {
  NetworkKeys off(*vault.database, *vault.network, *vault.keys, *vault.numbers, vault.wall, vault.random, {});
  Operations before(*vault.database, *vault.keys, *vault.cards, vault.codes, *vault.network, off, *vault.refusals,
                    *vault.numbers, vault.wall, vault.random, {});
  const auto payout = lose_payout(before);
  EXPECT_EQ(tag(peer.last("0200"), "UC"), "");
  EXPECT_TRUE(is_approved(payout));
  EXPECT_EQ(tag(peer.last("0201"), "UC"), "");
}

TEST_F(NetworkKeysTest, a_payout_is_repeated_without_its_key) {
  const auto payout = lose_payout(*vault.operations);
  const auto old_key = active();
  ASSERT_TRUE(rotation.rotate(old_key).ok());
  ASSERT_TRUE(vault.network_keys->hand_over().ok());
  ASSERT_TRUE(rotation.end_key(old_key, KeyCommand::compromise).ok());
  peer.refuse_keys(true);
  EXPECT_TRUE(is_approved(payout));
  EXPECT_EQ(tag(peer.last("0201"), "UC"), tag(peer.last("0200"), "UC"));
}

TEST_F(NetworkKeysTest, a_repeat_that_the_network_takes_for_another_message_stays_open) {
  for (const auto* code : {"94", "63"}) {
    const auto payout = vault.operation(vault.derive(saved, Purpose::payout, 1000), 1000);
    peer.set_behavior(Behavior::hang_up);
    EXPECT_EQ(run(OperationKind::payout, payout).outcome, Outcome::unknown);
    peer.set_decline_code(code);
    peer.set_behavior(Behavior::decline);
    ASSERT_TRUE(eventually([&] {  // the long pause has begun
      vault.wall.advance(base::seconds(1));
      const auto open = all_open();
      return open.size() == 1 && open.front().due_at > vault.wall.now() + base::minutes(9);
    }));
    // Nor does the first message's answer, when its sender comes late.
    const auto late = vault.database->write<Operation>("test", [&](store::Tx& tx) {
      return step_operation(tx, payout.operation, OperationCommand::decline,
                            {.now = vault.wall.now(), .response_code = code});
    });
    EXPECT_EQ(late->state, OperationState::repeating) << code;
    EXPECT_EQ(vault.state_of(payout.operation), OperationState::repeating) << code;
    peer.set_behavior(Behavior::approve);
    vault.wall.advance(base::minutes(10));
    EXPECT_TRUE(eventually([&] { return vault.state_of(payout.operation) == OperationState::approved; })) << code;
  }
}

TEST_F(NetworkKeysTest, a_payout_that_nobody_sent_is_given_up) {
  const auto payout = vault.operation(vault.derive(saved, Purpose::payout, 1000), 1000);
  peer.set_behavior(Behavior::silent);
  auto answer = std::async(std::launch::async,
                           [&] { return vault.operations->run(vault.tenant, OperationKind::payout, payout); });
  ASSERT_TRUE(eventually([&] { return peer.count("0200") == 1; }));
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {  // as of a process that died before it
                                  delete_open(tx, payout.operation);
                                  insert_open(tx, {.id = payout.operation, .attempts = 0, .due_at = vault.wall.now()});
                                  return {};
                                })
                  .ok());
  EXPECT_TRUE(eventually([&] { return vault.state_of(payout.operation) == OperationState::not_sent; }));
  vault.wall.advance(base::seconds(8));
  EXPECT_EQ(answer.get()->state, OperationState::not_sent);
  EXPECT_EQ(peer.count("0201"), 0);
}

TEST_F(NetworkKeysTest, the_key_is_handed_over_after_each_sign_on_and_once) {
  EXPECT_EQ(hold(), "00");
  EXPECT_EQ(hold(), "00");
  ASSERT_TRUE(vault.network_keys->hand_over().ok());
  EXPECT_EQ(peer.count("0800"), 2) << "the sign-on and the key";
  start_network_again();
  EXPECT_EQ(peer.network_keys(), 0U);
  EXPECT_EQ(hold(), "00");
  EXPECT_EQ(peer.network_keys(), 1U);
}

TEST_F(NetworkKeysTest, a_successor_is_handed_over_with_a_voucher_and_used_after_two_minutes) {
  ASSERT_EQ(hold(), "00");
  const auto old_name = tag(peer.last("0100"), "UK");
  const auto old_key = active();
  ASSERT_TRUE(rotation.rotate(old_key).ok());
  ASSERT_TRUE(vault.network_keys->hand_over().ok());
  EXPECT_EQ(peer.network_keys(), 2U);
  EXPECT_EQ(tag(peer.last("0800"), "UK"), old_name) << "the old one vouches";
  EXPECT_EQ(hold(), "00");
  EXPECT_EQ(tag(peer.last("0100"), "UK"), old_name);
  vault.wall.advance(base::minutes(2));
  EXPECT_EQ(hold(), "00");
  EXPECT_NE(tag(peer.last("0100"), "UK"), old_name);
  for (int i = 0; i < 3; ++i) {
    while (rotation.work().value()) continue;
    vault.wall.advance(base::hours(2));
  }
  EXPECT_EQ(vault.keys->refresh().value()->find_key(old_key), nullptr);
  EXPECT_EQ(hold(), "00");
}

TEST_F(NetworkKeysTest, a_key_that_the_network_does_not_take_sends_nothing) {
  peer.refuse_keys(true);
  const auto answer = run(OperationKind::hold, vault.operation(token, 100));
  EXPECT_EQ(answer.state, OperationState::not_sent);
  EXPECT_EQ(answer.response_code, "91");
  EXPECT_EQ(peer.count("0100"), 0);
  const int asked = peer.count("0800");
  peer.refuse_keys(false);
  EXPECT_EQ(hold(), "91") << "what has just failed is not asked again";
  EXPECT_EQ(peer.count("0800"), asked);
  vault.wall.advance(base::seconds(5));
  EXPECT_EQ(hold(), "00");
}

TEST_F(NetworkKeysTest, many_at_once_are_one_handover) {
  std::vector<std::future<std::string>> holds;
  for (int i = 0; i < 8; ++i) holds.push_back(std::async(std::launch::async, [&] { return hold(); }));
  for (auto& answer : holds) EXPECT_EQ(answer.get(), "00");
  EXPECT_EQ(peer.count("0800"), 2) << "the sign-on and the key";
}

TEST_F(NetworkKeysTest, a_network_that_forgets_its_keys_on_a_live_line_is_given_them_again) {
  ASSERT_EQ(hold(), "00");
  peer.forget_network_keys();
  EXPECT_EQ(hold(), "63");
  EXPECT_EQ(hold(), "00");
  EXPECT_EQ(hold(), "00");
  EXPECT_EQ(peer.count("0800"), 3) << "the sign-on and the key, twice";
}

TEST_F(NetworkKeysTest, a_network_that_has_forgotten_is_given_the_former_key_before_its_successor) {
  ASSERT_EQ(hold(), "00");
  ASSERT_TRUE(rotation.rotate(active()).ok());
  ASSERT_TRUE(vault.network_keys->hand_over().ok());
  vault.wall.advance(base::minutes(2));  // the successor is in use, the former one is kept
  start_network_again();
  EXPECT_EQ(hold(), "00");
  EXPECT_EQ(peer.network_keys(), 2U);
}

TEST_F(NetworkKeysTest, a_former_key_that_the_network_let_go_stops_no_newer_one) {
  ASSERT_EQ(hold(), "00");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(rotation.rotate(active()).ok());
    ASSERT_TRUE(vault.network_keys->hand_over().ok());
    vault.wall.advance(base::minutes(5));
  }
  peer.forget_network_keys();
  EXPECT_EQ(hold(), "63");
  EXPECT_EQ(hold(), "00") << "all three came, the first is gone";
  ASSERT_TRUE(rotation.rotate(active()).ok());
  EXPECT_TRUE(vault.network_keys->hand_over().ok()) << "the first is refused";
  EXPECT_EQ(peer.network_keys(), 2U);
}

TEST_F(NetworkKeysTest, a_key_whose_predecessor_is_still_in_use_is_not_rotated) {
  ASSERT_TRUE(rotation.rotate(active()).ok());
  const auto again = rotation.rotate(active());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), base::ErrorCode::conflict);
  EXPECT_EQ(again.error().reason(), "KEY_IN_USE");
  vault.wall.advance(base::minutes(5));
  EXPECT_TRUE(rotation.rotate(active()).ok());
}

TEST_F(NetworkKeysTest, the_last_key_that_was_taken_is_kept_until_its_successor_is) {
  ASSERT_EQ(hold(), "00");
  const auto old_key = active();
  ASSERT_TRUE(rotation.rotate(old_key).ok());
  const auto a_day = [&] {  // the line is down
    for (int i = 0; i < 12; ++i) {
      while (rotation.work().value()) continue;
      vault.wall.advance(base::hours(2));
    }
    return vault.keys->refresh().value()->find_key(old_key) != nullptr;
  };
  EXPECT_TRUE(a_day());
  EXPECT_EQ(rotation.end_key(old_key, KeyCommand::destroy).error().reason(), "KEY_IN_USE");
  EXPECT_EQ(hold(), "00") << "it vouches for its successor";
  EXPECT_FALSE(a_day());
  EXPECT_EQ(hold(), "00");
}

TEST_F(NetworkKeysTest, a_key_is_given_up_when_its_successor_was_taken_and_makes_no_cryptogram_then) {
  ASSERT_EQ(hold(), "00");
  const auto old_key = active();
  ASSERT_TRUE(rotation.rotate(old_key).ok());
  EXPECT_EQ(rotation.end_key(old_key, KeyCommand::compromise).error().reason(), "KEY_IN_USE");
  ASSERT_TRUE(vault.network_keys->hand_over().ok());
  ASSERT_TRUE(rotation.end_key(old_key, KeyCommand::compromise).ok());
  EXPECT_EQ(run(OperationKind::hold, vault.operation(token, 100)).state, OperationState::not_sent);
  vault.wall.advance(base::minutes(2));
  EXPECT_EQ(hold(), "00");
}

TEST_F(NetworkKeysTest, without_the_networks_key_there_are_no_cryptograms) {
  Operation operation;
  operation.sent_at = vault.wall.now();
  NetworkKeys off(*vault.database, *vault.network, *vault.keys, *vault.numbers, vault.wall, vault.random, {});
  EXPECT_FALSE(off.key_for(operation).value().has_value());
  EXPECT_TRUE(off.hand_over().ok());
  EXPECT_EQ(peer.network_keys(), 0U);
}

}  // namespace
}  // namespace karv::vault
