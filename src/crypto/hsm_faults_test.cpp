// The HSM's faults, as tests/faulty_hsm makes them over a real SoftHSM2 token.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "crypto/hsm.h"

namespace karv::crypto {
namespace {

constexpr std::string_view kKey = "karv-wrapping";

class HsmFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/karv-hsm-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    ::setenv("SOFTHSM2_CONF", write_softhsm_configuration(folder_).value().c_str(), 1);
    ::setenv("KARV_FAULTS", (folder_ + "/faults").c_str(), 1);
    ASSERT_TRUE(initialize_token(settings(), base::SecretBytes::copy_of(std::string_view("officer"))).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static HsmSettings settings() {
    return {.module_path = KARV_FAULTY_HSM,
            .token_label = "karv-test",
            .pin = base::SecretBytes::copy_of(std::string_view("123456"))};
  }
  static std::unique_ptr<Hsm> open() {
    auto hsm = Hsm::open(settings()).value();
    EXPECT_TRUE(hsm->ensure_key(kKey).ok());
    return hsm;
  }
  void faults(std::string_view text) const { std::ofstream(folder_ + "/faults") << text; }
  static long sessions() {
    void* const module = ::dlopen(KARV_FAULTY_HSM, RTLD_NOW | RTLD_LOCAL);
    const auto count = reinterpret_cast<long (*)()>(::dlsym(module, "karv_faulty_hsm_sessions"));
    return count == nullptr ? -1 : count();
  }
  static base::ErrorCode code_of(const auto& result) {
    return result.ok() ? base::ErrorCode::conflict : result.error().code();
  }

  std::string folder_;
};

TEST_F(HsmFaultsTest, a_full_session_table_is_an_error_and_leaves_nothing_open) {
  faults("sessions 0\n");
  EXPECT_EQ(code_of(Hsm::open(settings())), base::ErrorCode::unavailable);
  EXPECT_EQ(sessions(), 0);
  faults("");
  const auto hsm = open();
  EXPECT_EQ(sessions(), 1);
  // Lost in mid-flight, and no place for another session: an error, and all is well once there is one.
  faults("sessions 0\nC_DecryptInit 1 1 0x32\n");
  const auto wrapped = hsm->wrap(kKey, base::SecretBytes::copy_of(std::string_view("a key")), {}).value();
  EXPECT_EQ(code_of(hsm->unwrap(kKey, wrapped, {})), base::ErrorCode::unavailable);
  EXPECT_EQ(sessions(), 0);
  EXPECT_EQ(code_of(hsm->health(kKey)), base::ErrorCode::unavailable);
  faults("");
  EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).value().expose_text(), "a key");
  EXPECT_EQ(sessions(), 1);
}

// What each function may answer when the device is gone between two calls of one operation.
TEST_F(HsmFaultsTest, a_device_that_goes_in_mid_flight_is_asked_once_more_and_no_further) {
  const auto hsm = open();
  const auto wrapped = hsm->wrap(kKey, base::SecretBytes::copy_of(std::string_view("a key")), {}).value();
  for (const std::string function : {"C_FindObjectsInit", "C_FindObjects", "C_DecryptInit", "C_Decrypt"})
    for (const std::string answer : {"0x30", "0x31", "0x32", "0xb3", "0xe0"}) {  // device error, memory, removed, ...
      SCOPED_TRACE(function + " " + answer);
      faults(function + " 1 1 " + answer);
      EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).value().expose_text(), "a key");
      faults(function + " 1 2 " + answer);
      EXPECT_EQ(code_of(hsm->unwrap(kKey, wrapped, {})), base::ErrorCode::unavailable);
      faults("");
      EXPECT_EQ(hsm->unwrap(kKey, wrapped, {}).value().expose_text(), "a key");
      EXPECT_EQ(sessions(), 1);
    }
  for (const std::string function : {"C_EncryptInit", "C_Encrypt", "C_GenerateRandom"}) {
    SCOPED_TRACE(function);
    faults(function + " 1 2 0x32");
    EXPECT_EQ(code_of(hsm->wrap(kKey, base::SecretBytes::copy_of(std::string_view("k")), {})),
              base::ErrorCode::unavailable);
  }
}

TEST_F(HsmFaultsTest, control_24_a_generator_that_fails_gives_no_key) {
  const auto hsm = open();
  faults("C_GenerateRandom 1 1000 0x30\n");
  EXPECT_EQ(code_of(hsm->make_data_key()), base::ErrorCode::unavailable);
  faults("C_GenerateKey 1 1000 0x30\n");
  EXPECT_EQ(code_of(hsm->ensure_key("another")), base::ErrorCode::unavailable);
  faults("");
  EXPECT_FALSE(hsm->has_key("another").value());
}

TEST_F(HsmFaultsTest, a_wrong_answer_of_the_module_is_not_believed) {
  const auto hsm = open();
  faults("C_Decrypt 1 1 garble\n");
  EXPECT_EQ(code_of(hsm->health(kKey)), base::ErrorCode::unavailable);
  faults("C_Encrypt 1 1 garble\n");
  EXPECT_FALSE(hsm->health(kKey).ok());
  faults("");
  EXPECT_TRUE(hsm->health(kKey).ok());
}

TEST_F(HsmFaultsTest, a_locked_or_expired_pin_is_told_from_a_device_that_is_gone) {
  faults("C_Login 1 1 0xa0\n");  // incorrect
  EXPECT_EQ(code_of(Hsm::open(settings())), base::ErrorCode::forbidden);
  faults("C_Login 1 1 0xa4\n");  // locked
  EXPECT_EQ(code_of(Hsm::open(settings())), base::ErrorCode::forbidden);
  faults("C_Login 1 1 0xa3\n");  // expired
  EXPECT_EQ(code_of(Hsm::open(settings())), base::ErrorCode::forbidden);
  faults("C_Login 1 1 0x32\n");
  EXPECT_EQ(code_of(Hsm::open(settings())), base::ErrorCode::unavailable);
  faults("C_SetPIN 1 1 0x30\n");
  const auto next = base::SecretBytes::copy_of(std::string_view("another-pin"));
  EXPECT_EQ(code_of(change_pin(settings(), next)), base::ErrorCode::unavailable);
  EXPECT_TRUE(Hsm::open(settings()).ok());  // the old one still opens
  EXPECT_EQ(sessions(), 0);
}

TEST_F(HsmFaultsTest, a_pin_that_is_refused_after_a_restart_is_not_sent_again) {
  const auto hsm = open();
  faults(
      "C_EncryptInit 1 1 0x32\nC_Login 1 1 0xa0\n");  // the device came back with another PIN; a second try would pass
  EXPECT_EQ(code_of(hsm->health(kKey)), base::ErrorCode::forbidden);
  EXPECT_EQ(code_of(hsm->health(kKey)), base::ErrorCode::forbidden);
  EXPECT_EQ(code_of(hsm->make_data_key()), base::ErrorCode::forbidden);
}

TEST_F(HsmFaultsTest, while_one_call_hangs_the_others_are_told_so_in_time) {
  const auto hsm = open();
  faults("C_GenerateRandom 1 1 hang:3500\n");
  std::jthread hanging([&] { EXPECT_TRUE(hsm->make_data_key().ok()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto begin = std::chrono::steady_clock::now();
  const auto told = hsm->health(kKey);
  const auto waited = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(code_of(told), base::ErrorCode::unavailable);
  EXPECT_GE(waited, std::chrono::milliseconds(1900));
  hanging.join();
  EXPECT_TRUE(hsm->health(kKey).ok());
}

}  // namespace
}  // namespace karv::crypto
