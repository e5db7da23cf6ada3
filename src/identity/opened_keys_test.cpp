#include "identity/opened_keys.h"

#include <thread>

#include <gtest/gtest.h>

#include "identity/key_stock.h"
#include "identity/key_vault_for_test.h"

namespace karv::identity {
namespace {

using base::ErrorCode;

class OpenedKeysTest : public testing::Test {
 protected:
  std::vector<SubjectKeyRow> rows(std::size_t count) {
    std::vector<SubjectKeyRow> made;
    while (made.size() < count) {
      const auto some = static_cast<std::int64_t>(std::min(count - made.size(), vault_api::kMostServerKeys));
      auto answer = vault.ask(vault_api::MakeServerKeys{some});
      for (auto& key : answer.value().keys)
        made.push_back({SubjectId(base::make_uuid_v7(wall, random)), std::move(key.stored)});
    }
    return made;
  }

  base::ManualClock wall{base::Instant{1'795'000'000'000}};
  base::SeededRandom random{5};
  KeyVaultForTest vault;
  OpenedKeys keys{vault, wall, 8};
};

TEST_F(OpenedKeysTest, what_is_missed_while_a_call_is_under_way_goes_out_together_with_the_next) {
  const auto all = rows(6);
  std::vector<std::thread> later;
  std::atomic<int> good{0};
  vault.while_opening = [&] {
    if (vault.open_calls != 1) return;
    for (std::size_t i = 1; i < all.size(); ++i)
      later.emplace_back([&, i] { good += keys.open({&all[i], 1}).ok() ? 1 : 0; });
    while (keys.waiting() < all.size()) std::this_thread::yield();
  };
  ASSERT_TRUE(keys.open({all.data(), 1}).ok());
  for (auto& thread : later) thread.join();
  EXPECT_EQ(good, 5);
  EXPECT_EQ(vault.open_calls, 2);
  EXPECT_EQ(vault.opened, 6);
  for (const auto& row : all) EXPECT_NE(keys.find(row.subject)->key, nullptr);
}

TEST_F(OpenedKeysTest, a_key_that_several_miss_is_opened_once_and_many_go_in_calls_of_two_hundred) {
  auto all = rows(450);
  all.push_back(all.front());
  ASSERT_TRUE(keys.open(all).ok());
  EXPECT_EQ(vault.opened, 450);
  EXPECT_EQ(vault.open_calls, 3);
}

TEST_F(OpenedKeysTest, only_so_many_wait_and_the_others_are_told_at_once) {
  const auto all = rows(9);
  std::vector<std::thread> waiting;
  vault.while_opening = [&] {
    if (vault.open_calls != 1) return;
    for (std::size_t i = 1; i < 8; ++i) waiting.emplace_back([&, i] { EXPECT_TRUE(keys.open({&all[i], 1}).ok()); });
    while (keys.waiting() < 8) std::this_thread::yield();
    const auto refused = keys.open({&all[8], 1});
    EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  };
  ASSERT_TRUE(keys.open({all.data(), 1}).ok());
  for (auto& thread : waiting) thread.join();
  EXPECT_TRUE(keys.open({&all[8], 1}).ok());
}

TEST_F(OpenedKeysTest, a_failure_is_everybodys_and_a_second_long) {
  const auto all = rows(1);
  vault.away = true;
  EXPECT_EQ(keys.open(all).error().code(), ErrorCode::unavailable);
  vault.away = false;
  EXPECT_EQ(keys.open(all).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(vault.open_calls, 1);
  wall.advance(base::seconds(1));
  EXPECT_TRUE(keys.open(all).ok());
}

TEST_F(OpenedKeysTest, a_clock_that_was_set_back_lets_them_through) {
  const auto all = rows(1);
  vault.away = true;
  EXPECT_FALSE(keys.open(all).ok());
  vault.away = false;
  wall.advance(base::Duration{-3'600'000});
  EXPECT_TRUE(keys.open(all).ok());
}

// A vault that is not what it says.
class LyingVault final : public KeyVault {
 public:
  std::string clear = std::string(42, 'A');
  std::size_t too_many = 0;

 private:
  base::Result<vault_api::MakeServerKeysAnswer> send(const vault_api::MakeServerKeys& message) override {
    vault_api::MakeServerKeysAnswer answer;
    for (std::size_t i = 0; i < static_cast<std::size_t>(message.count) + too_many; ++i) {
      answer.keys.emplace_back();
      answer.keys.back().clear = base::SecretBytes::copy_of(clear);
    }
    return answer;
  }
  base::Result<vault_api::OpenServerKeysAnswer> send(const vault_api::OpenServerKeys& message) override {
    vault_api::OpenServerKeysAnswer answer;
    for (std::size_t i = 0; i < message.keys.size() + too_many; ++i)
      answer.keys.push_back({vault_api::ServerKeyState::ok, base::SecretBytes::copy_of(clear)});
    return answer;
  }
  base::Result<vault_api::RenewServerKeysAnswer> send(const vault_api::RenewServerKeys&) override {
    throw std::runtime_error("broken line");
  }
  base::Result<vault_api::ServerKeysLeftAnswer> send(const vault_api::ServerKeysLeft&) override {
    return vault_api::ServerKeysLeftAnswer{};
  }
};

TEST_F(OpenedKeysTest, keys_that_are_none_and_too_many_of_them_are_not_taken) {
  const auto all = rows(1);
  for (const auto& [clear, too_many] : {std::pair(std::string(42, 'A'), std::size_t{0}),
                                        {std::string(44, '!'), 0},
                                        {std::string(), 0},
                                        {std::string(43, 'A'), 1}}) {
    LyingVault lying;
    lying.clear = clear;
    lying.too_many = too_many;
    OpenedKeys opened(lying, wall, 1);
    EXPECT_EQ(opened.open(all).error().code(), ErrorCode::unavailable) << clear << too_many;
    EXPECT_FALSE(opened.find(all[0].subject).has_value());
    KeyStock stock(lying, wall, 4);
    EXPECT_EQ(stock.refill().error().code(), ErrorCode::internal) << clear << too_many;
    EXPECT_EQ(stock.left(), 0U);
  }
  LyingVault honest;
  honest.clear = std::string(43, 'A');
  KeyStock stock(honest, wall, 4);
  EXPECT_TRUE(stock.refill().ok());
}

}  // namespace
}  // namespace karv::identity
