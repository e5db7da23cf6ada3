#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "vault/cards/card_repository.h"
#include "vault/keys/repository.h"
#include "vault/test_support.h"

namespace karv::vault {
namespace {

class KeysTest : public ::testing::Test {
 protected:
  KeyRingPtr ring() { return vault.keys->get().value(); }
  StoredKey row_of(KeyClass key_class) {
    for (const auto& row : ring()->rows())
      if (row.key_class == key_class) return row;
    ADD_FAILURE() << "no such key";
    return {};
  }
  // Somebody with access to the database.
  void overwrite(const StoredKey& row) {
    const auto ring_rows =
        vault.database->read<std::vector<StoredKey>>("test", [](store::ReadTx& tx) { return load_keys(tx); }).value();
    ASSERT_TRUE(vault.database
                    ->write<void>("test",
                                  [&](store::Tx& tx) -> base::Result<void> {
                                    auto before = row;  // as the row is, but for what is altered
                                    before.parent = std::ranges::find(ring_rows, row.id, &StoredKey::id)->parent;
                                    update_key(tx, before, row);
                                    return {};
                                  })
                    .ok());
  }
  void overwrite(const StoredSubjectKey& row) {
    ASSERT_TRUE(vault.database
                    ->write<void>("test",
                                  [&](store::Tx& tx) -> base::Result<void> {
                                    rewrap_subject_key(tx, row, row);
                                    return {};
                                  })
                    .ok());
  }
  // All bytes of the embedded engine's files as they lie on the disk.
  std::string files() {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(disk.store.folder())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  testing::Disk disk;
  testing::TestVault vault{disk, nullptr};
};

using KeyFilesTest = KeysTest;

TEST(KeyRules, control_28_retired_keys_only_open_and_compromised_ones_do_nothing) {
  EXPECT_TRUE(may(KeyState::active, KeyUse::protect) && may(KeyState::active, KeyUse::open));
  EXPECT_TRUE(!may(KeyState::decrypt_only, KeyUse::protect) && may(KeyState::decrypt_only, KeyUse::open));
  for (const auto state : {KeyState::compromised, KeyState::destroyed})
    EXPECT_TRUE(!may(state, KeyUse::protect) && !may(state, KeyUse::open));
  int listed = 0;
  for (const auto from : {KeyState::active, KeyState::decrypt_only, KeyState::compromised, KeyState::destroyed})
    for (const auto command : {KeyCommand::retire, KeyCommand::compromise, KeyCommand::destroy})
      if (next_state(from, command)) ++listed;
  EXPECT_EQ(listed, static_cast<int>(kKeySteps.size()));
  EXPECT_FALSE(next_state(KeyState::active, KeyCommand::destroy));  // never while something may still be put under it
  EXPECT_FALSE(next_state(KeyState::destroyed, KeyCommand::retire));
}

TEST(KeyRules, control_26_every_class_has_a_period_and_ciphers_a_limit_below_two_to_the_32) {
  for (const auto& policy : kKeyPolicies) {
    EXPECT_GT(policy.cryptoperiod, base::days(1));
    EXPECT_LE(policy.cryptoperiod, base::days(730));
    const bool digest = !policy.algorithm.starts_with("AES");
    EXPECT_EQ(policy.most_uses == 0, digest);
    EXPECT_LT(policy.most_uses, std::int64_t{1} << 32);
  }
  const auto& epoch = policy_of(kKeyPolicies, KeyClass::epoch);
  const base::Instant made{1000};
  EXPECT_FALSE(is_due(epoch, made, 5, made + base::days(30) - base::milliseconds(1)));
  EXPECT_TRUE(is_due(epoch, made, 5, made + base::days(30)));
  EXPECT_TRUE(is_due(epoch, made, kMostUses, made));
}

TEST_F(KeysTest, control_21_the_hierarchy_is_described_by_its_rows) {
  std::set<KeyClass> classes;
  for (const auto& row : ring()->rows()) {
    classes.insert(row.key_class);
    EXPECT_EQ(row.state, KeyState::active);
    EXPECT_EQ(row.version, 1);
    EXPECT_EQ(row.parent.is_nil(), is_in_hsm(row.key_class));
    EXPECT_EQ(row.check_value.size(), 8U);
  }
  EXPECT_EQ(classes.size(), 8U);  // all but subject keys, which have a table of their own
}

TEST_F(KeyFilesTest, control_22_no_key_lies_on_the_disk_in_clear) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto key = ring()->open_subject_key(sealed.key).value();
  const auto bytes = files();
  ASSERT_NE(bytes.find(std::string(base::as_text(sealed.key.wrapped))), std::string::npos);  // this is the right place
  EXPECT_EQ(bytes.find(std::string(key.clear.expose_text())), std::string::npos);
  for (const auto& row : ring()->rows())
    EXPECT_EQ(bytes.find(std::string(ring()->find_key(row.id)->clear.expose_text())), std::string::npos);
}

TEST_F(KeyFilesTest, control_17_and_20_no_card_number_lies_on_the_disk_in_clear) {
  vault.make_card();
  const std::string bytes = files();
  ASSERT_NE(bytes.find("1111"), std::string::npos);
  EXPECT_EQ(bytes.find(testing::kVisa), std::string::npos);
  EXPECT_EQ(bytes.find(base::to_base64url(base::as_bytes(testing::kVisa))), std::string::npos);
}

TEST_F(KeysTest, control_24_two_stores_never_share_a_key) {
  testing::Disk other_disk;
  testing::TestVault other(other_disk, nullptr);
  for (const auto& row : ring()->rows())
    for (const auto& theirs : other.keys->get().value()->rows())
      EXPECT_FALSE(ring()->find_key(row.id)->clear == other.keys->get().value()->find_key(theirs.id)->clear);
}

TEST_F(KeysTest, control_19_a_fingerprint_is_the_hmac_of_the_whole_number_under_the_tenants_key) {
  const auto number = base::SecretBytes::copy_of(testing::kVisa);
  const auto& key = *ring()->find_active(KeyClass::fingerprint, vault.tenant);
  const auto fingerprint = ring()->fingerprints(vault.tenant, number).front();
  EXPECT_EQ(fingerprint.digest, crypto::hmac_sha256(key.clear, base::as_bytes(testing::kVisa)));
  EXPECT_EQ(vault.make_card().fingerprint, base::to_hex(fingerprint.digest));

  KeyHolder both(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "another-server"}});
  ASSERT_TRUE(both.unseal(disk.hsm).ok());
  const auto other = both.get().value()->find_tenant("another-server").value();
  EXPECT_NE(both.get().value()->fingerprints(other, number).front().digest, fingerprint.digest);
  EXPECT_EQ(both.get().value()->fingerprints(vault.tenant, number).front().digest, fingerprint.digest);
}

TEST_F(KeysTest, control_18_fingerprint_and_masked_number_together_confirm_no_guess) {
  const auto row = vault.sealed_card(vault.make_card().vault_token).card;
  const auto unkeyed = [](std::string_view number) {
    return std::vector{crypto::sha256(base::as_bytes(number)),
                       crypto::hmac_sha256(base::ByteView(), base::as_bytes(number)),
                       crypto::sha256(crypto::framed({base::as_bytes(number)}))};
  };
  bool met = false;  // the true number is among the guesses, so a digest without a key would be found
  for (int middle = 0; middle < 1'000'000; middle += middle == 111'110 ? 1 : middle == 111'111 ? 9 : 10) {
    char number[17];
    std::snprintf(number, sizeof number, "411111%06d1111", middle);  // first six and last four are known
    met = met || testing::kVisa == number;
    for (const auto& guess : unkeyed(number)) EXPECT_NE(guess, row.fingerprint);
  }
  EXPECT_TRUE(met);
}

TEST_F(KeysTest, control_30_a_changed_moved_or_exchanged_key_seals_the_vault) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  const auto untouched = std::make_pair(row_of(KeyClass::tenant), row_of(KeyClass::token));
  std::vector<StoredKey> altered;
  for (const auto key_class : {KeyClass::root, KeyClass::epoch, KeyClass::ticket, KeyClass::tenant, KeyClass::token}) {
    altered.push_back(row_of(key_class));
    altered.back().wrapped[20] ^= 1;
  }
  altered.push_back(untouched.first);
  altered.back().wrapped = row_of(KeyClass::ticket).wrapped;  // another key of the same parent
  altered.push_back(untouched.first);
  altered.back().parent = row_of(KeyClass::epoch).id;
  altered.push_back(untouched.second);
  altered.back().wrapped.resize(3);
  for (const auto& row : altered) {
    const auto before = *std::ranges::find(ring()->rows(), row.id, &StoredKey::id);
    overwrite(row);
    EXPECT_EQ(vault.keys->refresh().error().reason(), "KEY_ALTERED");
    EXPECT_EQ(vault.keys->get().error().reason(), "VAULT_SEALED");
    EXPECT_FALSE(vault.keys->sealed_because().empty());
    EXPECT_EQ(vault.keys->unseal(disk.hsm).error().reason(), "KEY_ALTERED");  // nor does it open again
    overwrite(before);
    ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  }
  EXPECT_EQ(vault.keys->alarms(), 2 * static_cast<std::int64_t>(altered.size()));
  EXPECT_TRUE(vault.cards->open(sealed).ok());
}

TEST_F(KeysTest, control_30_an_exchanged_subject_key_seals_the_vault) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  vault.customer = CustomerRef(vault.agreement.uuid());
  const auto other = vault.sealed_card(vault.make_card().vault_token);
  auto exchanged = sealed;
  exchanged.key.wrapped = other.key.wrapped;
  EXPECT_EQ(vault.cards->open(exchanged).error().reason(), "KEY_ALTERED");
  EXPECT_EQ(vault.cards->open(sealed).error().reason(), "VAULT_SEALED");
  EXPECT_EQ(vault.desk->find_frame("x").error().reason(), "VAULT_SEALED");
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  EXPECT_TRUE(vault.cards->open(sealed).ok());
}

TEST_F(KeysTest, sealed_it_refuses_everything_and_unsealed_it_goes_on) {
  const auto card = vault.make_card();
  vault.keys->seal("an operator");
  EXPECT_EQ(vault.keys->sealed_because(), "an operator");
  const auto refused = [](const auto& result) { return !result.ok() && result.error().reason() == "VAULT_SEALED"; };
  vault_api::TicketRequest ticket{.customer = vault.customer, .merchant = vault.merchant};
  ticket.parent_origin = "https://pay.localhost:8443";
  EXPECT_TRUE(refused(vault.desk->create_ticket(vault.tenant, ticket)));
  EXPECT_TRUE(refused(vault.desk->fill_ticket("x", testing::checked_card())));
  EXPECT_TRUE(refused(vault.desk->collect_ticket(vault.tenant, {.ticket = "x", .customer = vault.customer})));
  EXPECT_TRUE(refused(vault.desk->derive_token(vault.tenant, {.vault_token = card.vault_token})));
  EXPECT_TRUE(
      refused(vault.operations->run(vault.tenant, OperationKind::hold, vault.operation(card.vault_token, 100))));
  EXPECT_TRUE(refused(vault.keys->refresh()));
  EXPECT_TRUE(refused(vault.keys->check_hsm()));
  ASSERT_TRUE(vault.keys->unseal(disk.hsm).ok());
  EXPECT_TRUE(vault.keys->sealed_because().empty());
  EXPECT_EQ(vault.make_card().fingerprint, card.fingerprint);
}

TEST_F(KeysTest, a_wrong_hsm_opens_nothing) {
  vault.keys->seal("an operator");
  EXPECT_EQ(vault.keys->unseal(std::make_shared<testing::MemoryHsm>()).error().code(), base::ErrorCode::internal);
  EXPECT_EQ(vault.keys->get().error().reason(), "VAULT_SEALED");
}

TEST_F(KeysTest, with_its_hsm_gone_it_goes_on_but_protects_nothing_new_with_old_keys) {
  const auto sealed = vault.sealed_card(vault.make_card().vault_token);
  disk.hsm->take_away(true);
  EXPECT_FALSE(vault.keys->check_hsm().ok());
  vault.make_card(testing::kMastercard);
  vault.wall.advance(base::seconds(61));
  EXPECT_EQ(vault.keys->get_fresh().error().code(), base::ErrorCode::unavailable);
  EXPECT_TRUE(vault.keys->sealed_because().empty());  // that is no reason for an alarm
  EXPECT_TRUE(vault.cards->open(sealed).ok());
  disk.hsm->take_away(false);
  EXPECT_TRUE(vault.keys->get_fresh().ok());
}

TEST_F(KeysTest, another_tenant_finds_nothing_of_this_one) {
  KeyHolder both(*vault.database, vault.wall, vault.random, {.tenants = {"karv-server", "another-server"}});
  ASSERT_TRUE(both.unseal(disk.hsm).ok());
  ASSERT_TRUE(vault.keys->refresh().ok());
  const auto other = both.get().value()->find_tenant("another-server").value();
  const auto card = vault.make_card();
  const vault_api::DeriveRequest derive{.vault_token = card.vault_token,
                                        .customer = vault.customer,
                                        .purpose = Purpose::refund,
                                        .merchant = vault.merchant};
  EXPECT_EQ(vault.desk->derive_token(other, derive).error().reason(), "TOKEN_UNKNOWN");
  const auto operation = vault.operation(card.vault_token, 100);
  EXPECT_EQ(vault.operations->run(other, OperationKind::hold, operation).error().reason(), "TOKEN_UNKNOWN");
  ASSERT_TRUE(vault.operations->bar(vault.tenant, {.operation = operation.operation}).ok());
  EXPECT_FALSE(vault.operations->find(other, operation.operation).ok());
  EXPECT_FALSE(vault.operations->bar(other, {.operation = operation.operation}).ok());
  EXPECT_FALSE(vault.operations->run(other, OperationKind::hold, operation).ok());
}

TEST_F(KeysTest, uses_are_counted_ahead_so_that_the_count_is_never_too_low) {
  const auto epoch = row_of(KeyClass::epoch).id;
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(vault.keys->count_use(epoch).ok());
  EXPECT_GE(vault.keys->refresh().value()->find_key(epoch)->row.uses, 5000);
}

}  // namespace
}  // namespace karv::vault
