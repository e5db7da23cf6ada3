#include "identity/merchant_origins.h"

#include <string>

#include <gtest/gtest.h>

#include "audit/record.h"
#include "identity/world_for_test.h"

namespace karv::identity {
namespace {

class MerchantOrigins : public testing::Test {
 protected:
  base::Result<void> add(std::string_view origin, std::optional<MerchantId> of = std::nullopt) {
    return world.write<void>(
        [&](store::Tx& tx) { return add_origin(tx, world.context(), authenticator, of.value_or(merchant), origin); });
  }
  base::Result<void> remove(std::string_view origin) {
    return world.write<void>(
        [&](store::Tx& tx) { return remove_origin(tx, world.context(), authenticator, merchant, origin); });
  }
  std::vector<std::string> origins() {
    return world.read<Merchant>([&](store::ReadTx& tx) { return get_merchant(tx, merchant); })->origins;
  }

  WorldForTest world;
  MerchantAuthenticator authenticator{world.keys, world.wall};
  MerchantId merchant = world
                            .write<MerchantId>([&](store::Tx& tx) {
                              return create_merchant(tx, world.context(), {"Shop", "SE", {"https://shop.example"}});
                            })
                            .value();
};

TEST_F(MerchantOrigins, origins_are_added_and_removed_and_each_change_is_in_the_audit_log) {
  ASSERT_TRUE(add("https://b.example:8443").ok());
  ASSERT_TRUE(add("https://b.example:8443").ok());  // again: nothing new
  EXPECT_EQ(origins(), (std::vector<std::string>{"https://shop.example", "https://b.example:8443"}));
  world.advance(base::seconds(1));
  ASSERT_TRUE(remove("https://shop.example").ok());
  EXPECT_EQ(origins(), std::vector<std::string>{"https://b.example:8443"});
  const auto records = world.read<std::vector<audit::Record>>(
      [&](store::ReadTx& tx) { return audit::list_by_subject(tx, {"merchant", merchant.text()}, 10); });
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ((*records)[1].action, "merchant_origin_added");
  EXPECT_EQ((*records)[1].details, R"({"origin":"https://b.example:8443"})");
  EXPECT_EQ((*records)[2].action, "merchant_origin_removed");
}

TEST_F(MerchantOrigins, what_is_no_origin_or_unknown_is_refused) {
  EXPECT_EQ(add("http://b.example").error().code(), base::ErrorCode::bad_value);
  EXPECT_EQ(add("https://b.example\nhttps://c.example").error().code(), base::ErrorCode::bad_value);
  EXPECT_EQ(add(std::string(100'000, 'x')).error().code(), base::ErrorCode::bad_value);
  const auto unknown = base::make_id<MerchantTag>(world.wall, world.random);
  EXPECT_EQ(add("https://b.example", unknown).error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(remove("https://b.example").error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(remove("").error().code(), base::ErrorCode::not_found);
  EXPECT_EQ(origins(), std::vector<std::string>{"https://shop.example"});
}

// The vault takes twenty for one card form, and the checkout's own is one of them.
TEST_F(MerchantOrigins, a_merchant_has_nineteen_and_no_more) {
  for (std::size_t i = 1; i < kMaxOrigins; ++i) ASSERT_TRUE(add("https://s" + std::to_string(i) + ".example").ok());
  EXPECT_EQ(add("https://more.example").error().code(), base::ErrorCode::bad_value);
  ASSERT_TRUE(remove("https://s1.example").ok());
  EXPECT_TRUE(add("https://more.example").ok());
  EXPECT_EQ(origins().size(), kMaxOrigins);
}

TEST(OriginTest, only_https_origins_are_origins) {
  for (const char* text : {"https://shop.example", "https://shop.example:8446", "https://a-b.c.example"})
    EXPECT_TRUE(parse_origin(text).has_value()) << text;
  for (const char* text : {"",
                           "https://",
                           "http://shop.example",
                           "https://shop.example/",
                           "https://Shop.example",
                           "https://shop.example:",
                           "https://shop.example:0",
                           "https://shop.example:70000",
                           "https://shop.example:08",
                           "https://shop.example:1x",
                           "https://.example",
                           "https://a..b",
                           "https://*.example",
                           "https://-a.example",
                           "https://a.example-",
                           "https://a b",
                           "https://a;b",
                           "https://a,b",
                           "https://user@a.example",
                           "https://a.example?x",
                           "https://a.example#x",
                           "'self'",
                           "https://a\n.example"})
    EXPECT_FALSE(parse_origin(text).has_value()) << text;
}

}  // namespace
}  // namespace karv::identity
