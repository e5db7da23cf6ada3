#include "crypto/hsm.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace karv::crypto {
namespace {

constexpr std::string_view kKey = "karv-wrapping";
constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";

// A SoftHSM2 token of its own for each test.
class HsmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/karv-hsm-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    ::setenv("SOFTHSM2_CONF", write_softhsm_configuration(folder_).value().c_str(), 1);
    ASSERT_TRUE(initialize_token(settings(), base::SecretBytes::copy_of(std::string_view("officer"))).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static HsmSettings settings(std::string_view pin = "123456") {
    return {.module_path = kModule, .token_label = "karv-test", .pin = base::SecretBytes::copy_of(pin)};
  }
  static std::unique_ptr<Hsm> open() {
    auto hsm = Hsm::open(settings()).value();
    EXPECT_TRUE(hsm->ensure_key(kKey).ok());
    return hsm;
  }
  std::string folder_;
};

TEST_F(HsmTest, a_data_key_comes_back_only_under_its_associated_data) {
  const auto hsm = open();
  const auto key = hsm->make_data_key().value();
  ASSERT_EQ(key.size(), 32U);
  const auto wrapped = hsm->wrap(kKey, key, base::as_bytes("data_key 1")).value();
  EXPECT_TRUE(hsm->unwrap(kKey, wrapped, base::as_bytes("data_key 1")).value() == key);
  EXPECT_EQ(hsm->unwrap(kKey, wrapped, base::as_bytes("data_key 2")).error().code(), base::ErrorCode::internal);
  auto changed = wrapped;
  changed.back() ^= 1;
  EXPECT_FALSE(hsm->unwrap(kKey, changed, base::as_bytes("data_key 1")).ok());
  EXPECT_FALSE(hsm->unwrap(kKey, {}, {}).ok());
  EXPECT_TRUE(hsm->health(kKey).ok());
}

TEST_F(HsmTest, the_wrapping_key_never_leaves_and_outlives_the_process) {
  base::Bytes wrapped;
  {
    const auto hsm = open();
    EXPECT_TRUE(hsm->key_is_confined(kKey).value());
    wrapped = hsm->wrap(kKey, base::SecretBytes::copy_of(std::string_view("a key")), {}).value();
  }
  const auto hsm = open();
  EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).value().expose_text(), "a key");
}

TEST_F(HsmTest, a_wrong_pin_and_a_missing_token_are_refused) {
  EXPECT_EQ(Hsm::open(settings("654321")).error().code(), base::ErrorCode::forbidden);
  auto elsewhere = settings();
  elsewhere.token_label = "another";
  EXPECT_EQ(Hsm::open(std::move(elsewhere)).error().code(), base::ErrorCode::unavailable);
  auto no_module = settings();
  no_module.module_path = "/nowhere.so";
  EXPECT_EQ(Hsm::open(std::move(no_module)).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(initialize_token(settings(), base::SecretBytes::copy_of(std::string_view("officer"))).error().code(),
            base::ErrorCode::conflict);
}

TEST_F(HsmTest, a_token_taken_away_is_noticed_and_found_again_when_it_is_back) {
  const auto hsm = open();
  const auto wrapped = hsm->wrap(kKey, base::SecretBytes::copy_of(std::string_view("a key")), {}).value();
  std::filesystem::rename(folder_ + "/tokens", folder_ + "/away");
  std::filesystem::create_directory(folder_ + "/tokens");
  EXPECT_EQ(hsm->health(kKey).error().code(), base::ErrorCode::unavailable);
  EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).error().code(), base::ErrorCode::unavailable);
  std::filesystem::remove(folder_ + "/tokens");
  std::filesystem::rename(folder_ + "/away", folder_ + "/tokens");
  EXPECT_TRUE(hsm->health(kKey).ok());
  EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).value().expose_text(), "a key");
}

TEST_F(HsmTest, wrapping_keys_are_apart_and_a_destroyed_one_opens_nothing_any_more) {
  const auto hsm = open();
  ASSERT_TRUE(hsm->ensure_key("karv-epoch-1").ok());
  ASSERT_TRUE(hsm->ensure_key("karv-epoch-1").ok());
  const auto key = hsm->make_data_key().value();
  const auto wrapped = hsm->wrap("karv-epoch-1", key, {}).value();
  EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).error().code(), base::ErrorCode::internal);
  EXPECT_EQ(hsm->wrap("karv-epoch-2", key, {}).error().code(), base::ErrorCode::not_found);
  ASSERT_TRUE(hsm->destroy_key("karv-epoch-1").ok());
  ASSERT_TRUE(hsm->destroy_key("karv-epoch-1").ok());
  EXPECT_FALSE(hsm->has_key("karv-epoch-1").value());
  EXPECT_EQ(hsm->unwrap("karv-epoch-1", wrapped, {}).error().code(), base::ErrorCode::not_found);
  ASSERT_TRUE(hsm->ensure_key("karv-epoch-1").ok());  // another key under the same name
  EXPECT_EQ(hsm->unwrap("karv-epoch-1", wrapped, {}).error().code(), base::ErrorCode::internal);
}

TEST_F(HsmTest, a_changed_pin_is_the_only_one_that_works) {
  const auto next = base::SecretBytes::copy_of(std::string_view("a-much-longer-pin-of-32-characters"));
  EXPECT_EQ(change_pin(settings("000000"), next).error().code(), base::ErrorCode::forbidden);
  ASSERT_TRUE(change_pin(settings(), next).ok());
  EXPECT_EQ(Hsm::open(settings()).error().code(), base::ErrorCode::forbidden);
  EXPECT_TRUE(Hsm::open(settings("a-much-longer-pin-of-32-characters")).ok());
}

TEST_F(HsmTest, many_threads_may_use_it_at_once) {
  const auto hsm = open();
  std::atomic<int> good{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto key = hsm->make_data_key();
        const auto wrapped = hsm->wrap(kKey, key.value(), {});
        if (hsm->unwrap(kKey, wrapped.value(), {}).value() == key.value()) ++good;
      }
    });
  threads.clear();
  EXPECT_EQ(good, 400);
}

}  // namespace
}  // namespace karv::crypto
