#include "identity/merchants.h"

#include <string>

#include <gtest/gtest.h>

#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

class MerchantsTest : public testing::Test {
 protected:
  MerchantId make_merchant(std::string name = "Shop") {
    return world
        .write<MerchantId>([&](store::Tx& tx) {
          return create_merchant(tx, world.context(), {std::move(name), "SE", {"https://shop.example"}});
        })
        .value();
  }
  NewCredential make_credential(MerchantId merchant) {
    return world.write<NewCredential>([&](store::Tx& tx) { return create_credential(tx, world.context(), merchant); })
        .value();
  }
  base::Result<MerchantPrincipal> authenticate(std::string_view username, std::string_view secret) {
    return world.read<MerchantPrincipal>(
        [&](store::ReadTx& tx) { return authenticator.authenticate(tx, username, secret); });
  }

  WorldForTest world;
  MerchantAuthenticator authenticator{world.keys, world.wall};
};

TEST_F(MerchantsTest, good_credentials_name_their_merchant) {
  const MerchantId merchant = make_merchant();
  const NewCredential credential = make_credential(merchant);
  EXPECT_TRUE(credential.username.starts_with("PK"));
  EXPECT_EQ(credential.secret.size(), 8U + 43U);
  const auto principal = authenticate(credential.username, credential.secret.expose_text());
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->id(), merchant);
  EXPECT_EQ(principal->username, credential.username);
  EXPECT_EQ(principal->credential_id, credential.credential_id);
  EXPECT_EQ(principal->merchant->origins, std::vector<std::string>{"https://shop.example"});
}

TEST_F(MerchantsTest, anything_wrong_gets_the_same_refusal) {
  const NewCredential credential = make_credential(make_merchant());
  const NewCredential other = make_credential(make_merchant("Other"));
  const std::string secret(credential.secret.expose_text());
  const std::string huge(100'000, 'x');
  const std::pair<std::string, std::string> wrong[] = {
      {credential.username, secret + "x"},
      {credential.username, secret.substr(1)},
      {credential.username, std::string(other.secret.expose_text())},
      {other.username, secret},
      {"", secret},
      {credential.username, ""},
      {"nobody", "nothing"},
      {huge, secret},
      {credential.username, huge},
      {std::string("PK\0", 3), secret},
      {credential.username + "\xff", secret},
      {"' or 1=1 --", "' or 1=1 --"},
  };
  for (const auto& [username, password] : wrong) {
    const auto answer = authenticate(username, password);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code(), base::ErrorCode::unauthorized);
    EXPECT_EQ(answer.error().public_text(), base::Error(base::ErrorCode::unauthorized).public_text());
  }
}

TEST_F(MerchantsTest, a_cached_credential_needs_no_database_and_ends_after_seconds) {
  const NewCredential credential = make_credential(make_merchant());
  const std::string_view secret = credential.secret.expose_text();
  EXPECT_FALSE(authenticator.find_cached(credential.username, secret).has_value());
  ASSERT_TRUE(authenticate(credential.username, secret).ok());
  EXPECT_TRUE(authenticator.find_cached(credential.username, secret).has_value());
  EXPECT_FALSE(authenticator.find_cached(credential.username, "wrong").has_value());
  world.wall.advance(kCredentialCacheTime);
  EXPECT_FALSE(authenticator.find_cached(credential.username, secret).has_value());
}

TEST_F(MerchantsTest, a_disabled_credential_stops_at_once_and_stays_disabled) {
  const MerchantId merchant = make_merchant();
  const NewCredential credential = make_credential(merchant);
  const NewCredential second = make_credential(merchant);
  ASSERT_TRUE(authenticate(credential.username, credential.secret.expose_text()).ok());
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(world
                    .write<void>([&](store::Tx& tx) {
                      return disable_credential(tx, world.context(), authenticator, credential.username);
                    })
                    .ok());
  EXPECT_FALSE(authenticate(credential.username, credential.secret.expose_text()).ok());
  EXPECT_TRUE(authenticate(second.username, second.secret.expose_text()).ok());
}

TEST_F(MerchantsTest, a_suspended_merchant_cannot_sign_in_until_active_again) {
  const MerchantId merchant = make_merchant();
  const NewCredential credential = make_credential(merchant);
  const auto set = [&](MerchantStatus status) {
    return world.write<void>(
        [&](store::Tx& tx) { return set_merchant_status(tx, world.context(), authenticator, merchant, status); });
  };
  ASSERT_TRUE(set(MerchantStatus::suspended).ok());
  EXPECT_FALSE(authenticate(credential.username, credential.secret.expose_text()).ok());
  ASSERT_TRUE(set(MerchantStatus::active).ok());
  EXPECT_TRUE(authenticate(credential.username, credential.secret.expose_text()).ok());
}

TEST_F(MerchantsTest, what_happens_to_a_credential_is_in_the_audit_log) {
  const NewCredential credential = make_credential(make_merchant());
  world.advance(base::seconds(1));
  ASSERT_TRUE(world
                  .write<void>([&](store::Tx& tx) {
                    return disable_credential(tx, world.context(), authenticator, credential.username);
                  })
                  .ok());
  const auto records = world.read<std::vector<audit::Record>>([&](store::ReadTx& tx) {
    return audit::list_by_subject(tx, {"merchant_credential", credential.credential_id.text()}, 10);
  });
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].action, "merchant_credential_created");
  EXPECT_EQ((*records)[1].action, "merchant_credential_disabled");
}

TEST_F(MerchantsTest, unknown_merchants_and_credentials_are_not_found) {
  const auto credential =
      world.write<NewCredential>([&](store::Tx& tx) { return create_credential(tx, world.context(), MerchantId()); });
  ASSERT_FALSE(credential.ok());
  EXPECT_EQ(credential.error().code(), base::ErrorCode::not_found);
  const auto disabled = world.write<void>(
      [&](store::Tx& tx) { return disable_credential(tx, world.context(), authenticator, "nobody"); });
  ASSERT_FALSE(disabled.ok());
  EXPECT_EQ(disabled.error().code(), base::ErrorCode::not_found);
}

TEST_F(MerchantsTest, merchants_with_wrong_values_are_refused) {
  const NewMerchant wrong[] = {
      {"", "SE", {}},
      {std::string(129, 'x'), "SE", {}},
      {"Shop\nX", "SE", {}},
      {"Shop", "se", {}},
      {"Shop", "SWE", {}},
      {"Shop", "SE", {"http://shop.example"}},
      {"Shop", "SE", std::vector<std::string>(21, "https://shop.example")},
  };
  for (const NewMerchant& merchant : wrong) {
    const auto answer =
        world.write<MerchantId>([&](store::Tx& tx) { return create_merchant(tx, world.context(), merchant); });
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code(), base::ErrorCode::bad_value);
  }
}

TEST_F(MerchantsTest, several_merchants_are_read_in_one_round_trip_and_unknown_ones_left_out) {
  const MerchantId a = make_merchant("A");
  const MerchantId b = make_merchant("B");
  const std::vector<MerchantId> asked = {a, MerchantId(), b};
  const auto found = world.read<std::vector<Merchant>>([&](store::ReadTx& tx) { return find_merchants(tx, asked); });
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].name, "A");
  EXPECT_EQ((*found)[1].name, "B");
}

}  // namespace
}  // namespace karv::identity
