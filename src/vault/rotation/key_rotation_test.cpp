#include "vault/rotation/key_rotation.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "store/sqlite/sqlite.h"
#include "vault/cards/card_repository.h"
#include "vault/cards/card_sealing.h"
#include "vault/keys/repository.h"
#include "vault/rotation/subject_renewal.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

class RotationTest : public ::testing::Test {
 protected:
  KeyRingPtr ring() { return vault.keys->refresh().value(); }
  KeyId active(KeyClass key_class) {
    const auto* key = ring()->find_active(
        key_class, key_class == KeyClass::fingerprint || key_class == KeyClass::token || key_class == KeyClass::tenant
                       ? vault.tenant
                       : TenantId());
    return key->row.id;
  }
  KeyState state_of(KeyId id) { return std::ranges::find(ring()->rows(), id, &StoredKey::id)->state; }
  void work_off() {
    for (int i = 0; i < 1000; ++i)
      if (!rotation.work().value()) return;
    FAIL() << "it never ends";
  }
  // Until the old key is destroyed.
  void work_to_the_end(base::Duration kept) {
    work_off();
    vault.wall.advance(kept);
    work_off();
  }
  std::vector<std::string> make_customers(int count) {
    std::vector<std::string> tokens;
    for (int i = 0; i < count; ++i) {
      vault.customer = base::make_id<vault_api::CustomerTag>(vault.wall, vault.random);
      tokens.push_back(vault.make_card().vault_token);
    }
    return tokens;
  }
  base::Result<void> renew_again(const StoredSubjectKey& key) {
    SubjectKeys subject_keys(*vault.keys, vault.wall, vault.random);
    return renew_subject_key(*vault.database, subject_keys, vault.random, key);
  }
  bool opens(const std::string& token) {
    const auto card = vault.cards->open(vault.sealed_card(token));
    return card.ok() && card->number.expose_text() == testing::kVisa;
  }
  std::vector<Rotation> rotations() {
    return vault.database
        ->read<std::vector<Rotation>>("test", [](store::ReadTx& tx) { return find_rotations(tx, 100); })
        .value();
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
  KeyRotation rotation{*vault.database, *vault.keys,  *vault.cards, *vault.accounts,
                       vault.wall,      vault.random, {.batch = 7}};
};

TEST_F(RotationTest, control_27_an_epoch_turns_under_load_and_what_is_left_under_it_is_dead) {
  const auto tokens = make_customers(40);
  const auto stolen = vault.sealed_card(tokens.front());  // an old copy of both tables
  const auto old_epoch = active(KeyClass::epoch);

  std::atomic<bool> stop = false;
  std::array<std::atomic<int>, 2> opened{};
  std::atomic<int> failed = 0;
  // Each reader: a row that one read before is opened when he is done, and seven days pass in no time here.
  const auto all_go_on = [&] {
    const std::array<int, 2> before{opened[0], opened[1]};
    return testing::eventually([&] { return opened[0] > before[0] + 5 && opened[1] > before[1] + 5; });
  };
  {
    std::vector<std::jthread> readers;
    readers.reserve(opened.size());
    for (std::size_t r = 0; r < opened.size(); ++r)
      readers.emplace_back([&, r] {
        for (std::size_t i = r; !stop; i = (i + 1) % tokens.size()) ++(opens(tokens[i]) ? opened.at(r) : failed);
      });
    ASSERT_TRUE(all_go_on());
    EXPECT_EQ(rotation.rotate(old_epoch).value().total, 40);
    EXPECT_TRUE(rotation.work().value());
    EXPECT_EQ(rotations().front().done, 7);
    EXPECT_EQ(rotations().front().state, RotationState::rewrapping);
    work_off();
    EXPECT_EQ(rotations().front().state, RotationState::waiting);
    EXPECT_TRUE(vault.cards->open(stolen).ok());  // a backup of yesterday can still be restored
    ASSERT_TRUE(all_go_on());
    vault.wall.advance(base::days(7));
    work_off();
    stop = true;
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
  EXPECT_EQ(rotations().front().state, RotationState::finished);
  EXPECT_FALSE(disk.hsm->has_key(hsm_label("karv", KeyClass::epoch, old_epoch)).value());
  EXPECT_EQ(vault.cards->open(stolen).error().reason(), "KEY_DESTROYED");
  for (const auto& token : tokens) EXPECT_TRUE(opens(token));
}

TEST_F(RotationTest, control_27_every_other_class_is_rotated_and_the_old_key_destroyed) {
  const auto tokens = make_customers(10);
  const auto fingerprint = vault.sealed_card(tokens.front()).card.fingerprint;
  const auto old_root = active(KeyClass::root);
  for (const auto key_class : {KeyClass::root, KeyClass::tenant, KeyClass::fingerprint, KeyClass::ticket}) {
    const auto old_key = active(key_class);
    ASSERT_TRUE(rotation.rotate(old_key).ok());
    for (const auto& token : tokens) EXPECT_TRUE(opens(token));
    vault.make_card();  // taken in between
    vault.wall.advance(kHandover + base::milliseconds(1));
    work_to_the_end(base::days(7));
    EXPECT_EQ(state_of(old_key), KeyState::destroyed);
    EXPECT_NE(active(key_class), old_key);
    for (const auto& token : tokens) EXPECT_TRUE(opens(token));
  }
  EXPECT_FALSE(disk.hsm->has_key(hsm_label("karv", KeyClass::root, old_root)).value());
  EXPECT_NE(vault.sealed_card(tokens.front()).card.fingerprint, fingerprint);
  vault.keys->seal("an operator");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  for (const auto& token : tokens) EXPECT_TRUE(opens(token));
}

TEST_F(RotationTest, the_same_card_is_found_again_under_both_fingerprint_keys) {
  const auto first = vault.sealed_card(vault.make_card().vault_token);
  ASSERT_TRUE(rotation.rotate(active(KeyClass::fingerprint)).ok());
  const auto meanwhile = vault.sealed_card(vault.make_card().vault_token);
  EXPECT_EQ(meanwhile.card.id, first.card.id);
  EXPECT_EQ(meanwhile.card.fingerprint, first.card.fingerprint);  // until every process knows the new key
  vault.wall.advance(kHandover + base::milliseconds(1));
  const auto again = vault.sealed_card(vault.make_card().vault_token);
  EXPECT_EQ(again.card.id, first.card.id);
  EXPECT_NE(again.card.fingerprint, first.card.fingerprint);
  EXPECT_EQ(again.card.fingerprint_key, active(KeyClass::fingerprint));
}

TEST_F(RotationTest, a_token_key_is_kept_while_it_has_tokens) {
  const auto token = vault.make_card().vault_token;
  const auto old_key = active(KeyClass::token);
  ASSERT_TRUE(rotation.rotate(old_key).ok());
  work_to_the_end(base::days(30));
  EXPECT_EQ(state_of(old_key), KeyState::decrypt_only);
  EXPECT_TRUE(opens(token));
  EXPECT_TRUE(opens(vault.make_card().vault_token));
}

TEST_F(RotationTest, control_26_what_is_past_its_period_or_its_uses_is_followed_by_the_next_version) {
  EXPECT_EQ(rotation.start_due().value(), 0);
  const auto token = make_customers(1).front();
  const auto epoch = active(KeyClass::epoch);
  vault.wall.advance(base::days(30));
  EXPECT_EQ(rotation.start_due().value(), 1);
  EXPECT_EQ(state_of(epoch), KeyState::decrypt_only);
  EXPECT_EQ(rotation.start_due().value(), 0);

  const auto tenant = active(KeyClass::tenant);
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  add_key_uses(tx, tenant, kMostUses);
                                  return {};
                                })
                  .ok());
  EXPECT_EQ(rotation.start_due().value(), 1);
  EXPECT_EQ(state_of(tenant), KeyState::decrypt_only);
  EXPECT_TRUE(opens(token));

  const auto subject_key = vault.sealed_card(token).key;
  vault.wall.advance(base::days(336));
  ASSERT_TRUE(rotation.start_due().ok());
  EXPECT_EQ(vault.sealed_card(token).key.version, 2);
  EXPECT_TRUE(opens(token));
  EXPECT_EQ(renew_again(subject_key).error().code(), base::ErrorCode::conflict);  // it is gone
}

TEST_F(RotationTest, control_26_a_customers_key_that_was_used_too_often_is_renewed_before_it_seals_again) {
  auto policies = kKeyPolicies;
  for (auto& policy : policies)
    if (policy.key_class == KeyClass::subject) policy.most_uses = 3;
  testing::Disk other_disk;
  testing::TestVault other(other_disk, nullptr, {.policies = policies});
  std::string token;
  for (int i = 0; i < 7; ++i) token = other.make_card().vault_token;
  EXPECT_EQ(other.sealed_card(token).key.version, 3);
  EXPECT_TRUE(other.cards->open(other.sealed_card(token)).ok());
}

TEST_F(RotationTest, it_goes_on_where_a_killed_process_ended) {
  const auto tokens = make_customers(20);
  const auto old_epoch = active(KeyClass::epoch);
  ASSERT_TRUE(rotation.rotate(old_epoch).ok());
  ASSERT_TRUE(rotation.work().ok());
  testing::TestVault next(disk, nullptr);
  KeyRotation going_on(*next.database, *next.keys, *next.cards, *next.accounts, next.wall, next.random, {.batch = 7});
  int batches = 0;
  while (going_on.work().value()) ++batches;
  EXPECT_LE(batches, 2);
  EXPECT_EQ(rotations().front().done, 20);
  for (const auto& token : tokens) EXPECT_TRUE(next.cards->open(next.sealed_card(token)).ok());
}

TEST_F(RotationTest, a_process_with_an_old_ring_opens_what_is_new_and_protects_nothing_with_what_is_retired) {
  KeyHolder other(*vault.database, vault.wall, vault.random, {});
  ASSERT_TRUE(other.unseal(disk.hsm).ok());
  CardStore other_cards(*vault.database, other, vault.wall, vault.random);
  const auto old_epoch = active(KeyClass::epoch);
  ASSERT_TRUE(rotation.rotate(old_epoch).ok());
  const auto sealed = vault.sealed_card(make_customers(1).front());
  EXPECT_TRUE(other_cards.open(sealed).ok());  // it read the keys again
  EXPECT_EQ(other.get().value()->find_active(KeyClass::epoch)->row.id, active(KeyClass::epoch));
  vault.wall.advance(base::seconds(61));
  EXPECT_EQ(other.get_fresh().value()->opened_at(), vault.wall.now());
}

TEST_F(RotationTest, two_that_rotate_one_key_make_one_successor) {
  const auto old_epoch = active(KeyClass::epoch);
  std::atomic<int> rotated = 0;
  {
    std::vector<std::jthread> both;
    both.reserve(2);
    for (int i = 0; i < 2; ++i)
      both.emplace_back([&] {
        KeyRotation one(*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random);
        rotated += one.rotate(old_epoch).ok() ? 1 : 0;
      });
  }
  EXPECT_EQ(rotated, 1);
  EXPECT_EQ(std::ranges::count(ring()->rows(), KeyClass::epoch, &StoredKey::key_class), 2);
  EXPECT_EQ(rotation.rotate(old_epoch).error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(rotation.rotate(KeyId()).error().code(), base::ErrorCode::not_found);
}

TEST_F(RotationTest, what_a_crash_left_in_the_hsm_is_destroyed_after_unsealing) {
  const auto old_epoch = active(KeyClass::epoch);
  ASSERT_TRUE(rotation.rotate(old_epoch).ok());
  work_to_the_end(base::days(7));
  const auto label = hsm_label("karv", KeyClass::epoch, old_epoch);
  ASSERT_TRUE(disk.hsm->ensure_key(label).ok());
  ASSERT_TRUE(rotation.destroy_leftovers().ok());
  EXPECT_FALSE(disk.hsm->has_key(label).value());
  EXPECT_TRUE(disk.hsm->has_key(hsm_label("karv", KeyClass::epoch, active(KeyClass::epoch))).value());
}

TEST_F(RotationTest, control_10_a_key_that_the_hsm_did_not_destroy_is_destroyed_at_a_later_look) {
  const auto old_epoch = active(KeyClass::epoch);
  const auto label = hsm_label("karv", KeyClass::epoch, old_epoch);
  ASSERT_TRUE(rotation.destroy_leftovers().ok());  // as at every start
  ASSERT_TRUE(rotation.rotate(old_epoch).ok());
  disk.hsm->keep_keys(true);
  work_to_the_end(base::days(7));
  EXPECT_EQ(state_of(old_epoch), KeyState::destroyed);
  EXPECT_TRUE(disk.hsm->has_key(label).value());
  EXPECT_FALSE(rotation.destroy_leftovers().ok());
  disk.hsm->keep_keys(false);
  ASSERT_TRUE(rotation.destroy_leftovers().ok());
  EXPECT_FALSE(disk.hsm->has_key(label).value());
}

TEST_F(RotationTest, whoever_was_not_the_fastest_leaves_no_key_in_the_hsm) {
  const auto before = disk.hsm->count();
  const auto epoch = active(KeyClass::epoch);  // the same for all
  std::vector<std::jthread> several;
  several.reserve(4);
  for (int i = 0; i < 4; ++i)
    several.emplace_back([&] {
      KeyRotation one(*vault.database, *vault.keys, *vault.cards, *vault.accounts, vault.wall, vault.random);
      (void)one.rotate(epoch);
    });
  several.clear();
  EXPECT_EQ(disk.hsm->count(), before + 1);
}

TEST_F(RotationTest, what_was_under_a_compromised_epoch_is_given_up_and_its_customers_go_on_with_new_keys) {
  const auto token = vault.make_card().vault_token;
  const auto sealed = vault.sealed_card(token);
  const auto epoch = active(KeyClass::epoch);
  EXPECT_EQ(rotation.end_key(epoch, KeyCommand::compromise).error().reason(), "KEY_IN_USE");  // it is active
  ASSERT_TRUE(rotation.rotate(epoch).ok());
  EXPECT_EQ(rotation.end_key(epoch, KeyCommand::destroy).error().reason(), "KEY_IN_USE");  // a moment ago
  vault.wall.advance(base::hours(1));
  EXPECT_EQ(rotation.end_key(epoch, KeyCommand::destroy).error().reason(), "KEY_IN_USE");  // the card is under it
  ASSERT_TRUE(rotation.end_key(epoch, KeyCommand::compromise).ok());
  EXPECT_EQ(vault.cards->open(sealed).error().reason(), "KEY_DESTROYED");
  const auto again = vault.sealed_card(vault.make_card().vault_token);
  EXPECT_EQ(again.card.id, sealed.card.id);
  EXPECT_EQ(again.key.version, 2);
  EXPECT_TRUE(vault.cards->open(again).ok());
  vault.wall.advance(base::days(366));
  EXPECT_TRUE(rotation.start_due().ok());
  work_off();
  ASSERT_TRUE(rotation.end_key(epoch, KeyCommand::destroy).ok());
  EXPECT_FALSE(disk.hsm->has_key(hsm_label("karv", KeyClass::epoch, epoch)).value());
}

TEST_F(RotationTest, a_key_that_wraps_keys_is_given_up_only_when_they_moved) {
  const auto tenant = active(KeyClass::tenant);
  ASSERT_TRUE(rotation.rotate(tenant).ok());
  EXPECT_EQ(rotation.end_key(tenant, KeyCommand::compromise).error().reason(), "KEY_IN_USE");
  work_off();
  ASSERT_TRUE(rotation.end_key(tenant, KeyCommand::compromise).ok());
  vault.keys->seal("a test");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  vault.make_card();
}

TEST_F(RotationTest, a_second_row_of_one_card_does_not_stop_the_others) {
  const auto tokens = make_customers(3);
  const auto first = vault.sealed_card(tokens.back());
  ASSERT_TRUE(rotation.rotate(active(KeyClass::fingerprint)).ok());
  vault.wall.advance(kHandover + base::milliseconds(1));
  // As two processes would make it: a row under the new key beside the one under the old.
  const auto key = vault.keys->get().value()->open_subject_key(first.key).value();
  StoredCard twin = first.card;
  twin.id = base::make_id<CardTag>(vault.wall, vault.random);
  const auto digests = ring()->fingerprints(vault.tenant, base::SecretBytes::copy_of(testing::kVisa));
  twin.fingerprint = digests.front().digest;
  twin.fingerprint_key = digests.front().key;
  seal_card(key, vault.cards->open(first).value(), twin, vault.random);
  ASSERT_TRUE(vault.database
                  ->write<void>("test",
                                [&](store::Tx& tx) -> base::Result<void> {
                                  insert_card(tx, twin, vault.wall.now());
                                  return {};
                                })
                  .ok());
  work_off();
  EXPECT_EQ(rotations().front().state, RotationState::waiting);
  for (const auto& token : tokens) EXPECT_TRUE(opens(token));
}

using RotationFilesTest = RotationTest;
TEST_F(RotationFilesTest, control_10_a_store_from_before_the_epoch_ended_is_never_opened_again) {
  make_customers(1);
  const std::string backup = disk.store.folder() + "/backup.db";
  for (const char* end : {"", "-wal"})
    if (std::filesystem::exists(disk.store.path() + end))
      std::filesystem::copy_file(disk.store.path() + end, backup + end);
  ASSERT_TRUE(rotation.rotate(active(KeyClass::epoch)).ok());
  work_to_the_end(base::days(7));
  const auto restored = store::open_sqlite({.path = backup}).value();
  KeyHolder holder(*restored, vault.wall, vault.random, {});
  EXPECT_EQ(holder.unseal(disk.hsm).error().reason(), "KEY_DESTROYED");
  EXPECT_EQ(holder.alarms(), 0);
}

}  // namespace
}  // namespace karv::vault
