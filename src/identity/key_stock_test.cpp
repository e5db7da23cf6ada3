#include "identity/key_stock.h"

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "identity/key_vault_for_test.h"

namespace karv::identity {
namespace {

using base::ErrorCode;

class KeyStockTest : public testing::Test {
 protected:
  static bool eventually(const auto& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds() && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return holds();
  }

  base::ManualClock wall{base::Instant{1'795'000'000'000}};
  KeyVaultForTest vault;
};

TEST_F(KeyStockTest, taking_a_key_asks_nobody_and_no_key_is_given_twice) {
  KeyStock stock(vault, wall, 450);
  ASSERT_TRUE(stock.refill().ok());
  EXPECT_EQ(vault.make_calls, 3);
  std::set<vault_api::ServerKeyId> ids;
  std::set<base::Bytes> keys;
  for (int i = 0; i < 450; ++i) {
    const auto key = stock.take();
    ASSERT_TRUE(key.ok());
    ids.insert(key->stored.key);
    keys.emplace(key->clear.expose().begin(), key->clear.expose().end());
  }
  EXPECT_EQ(ids.size(), 450U);
  EXPECT_EQ(keys.size(), 450U);
  EXPECT_EQ(vault.make_calls, 3);
  EXPECT_EQ(stock.take().error().code(), ErrorCode::unavailable);
}

TEST_F(KeyStockTest, keys_of_an_epoch_that_is_no_longer_the_newest_are_thrown_away) {
  KeyStock stock(vault, wall, 10);
  ASSERT_TRUE(stock.refill().ok());
  vault.turn();
  EXPECT_EQ(stock.take()->stored.epoch, 1);                      // nothing has said so yet
  ASSERT_TRUE(vault.ask(vault_api::ServerKeysLeft{1, 0}).ok());  // any answer does
  EXPECT_EQ(stock.take().error().code(), ErrorCode::unavailable);
  ASSERT_TRUE(stock.refill().ok());
  EXPECT_EQ(stock.take()->stored.epoch, 2);
}

TEST_F(KeyStockTest, keys_are_thrown_away_after_an_hour) {
  KeyStock stock(vault, wall, 10);
  ASSERT_TRUE(stock.refill().ok());
  wall.advance(kStockTime);
  EXPECT_TRUE(stock.take().ok());
  wall.advance(base::milliseconds(1));
  EXPECT_EQ(stock.take().error().code(), ErrorCode::unavailable);
}

TEST_F(KeyStockTest, the_thread_refills_when_half_is_used_and_when_the_vault_is_back) {
  KeyStock stock(vault, wall, 20);
  vault.away = true;
  stock.start();
  ASSERT_TRUE(eventually([&] { return vault.make_calls > 0; }));
  EXPECT_EQ(stock.take().error().code(), ErrorCode::unavailable);
  vault.away = false;
  ASSERT_TRUE(eventually([&] { return stock.left() == 20; }));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(stock.take().ok());
  EXPECT_EQ(stock.left(), 10U);  // half is enough
  ASSERT_TRUE(stock.take().ok());
  EXPECT_TRUE(eventually([&] { return stock.left() == 20; }));
  stock.stop();
  stock.stop();
}

TEST_F(KeyStockTest, many_take_at_once_and_each_key_goes_to_one) {
  KeyStock stock(vault, wall, 200);
  ASSERT_TRUE(stock.refill().ok());
  stock.start();
  base::Mutex mutex;
  std::set<vault_api::ServerKeyId> ids;
  std::atomic<int> taken{0};
  std::vector<std::thread> buyers;
  for (int i = 0; i < 4; ++i)
    buyers.emplace_back([&] {
      for (int n = 0; n < 300; ++n) {
        const auto key = stock.take();
        if (!key.ok()) continue;
        ++taken;
        const base::Lock lock(mutex);
        ids.insert(key->stored.key);
      }
    });
  for (auto& buyer : buyers) buyer.join();
  EXPECT_GE(taken, 200);
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(taken));
}

}  // namespace
}  // namespace karv::identity
