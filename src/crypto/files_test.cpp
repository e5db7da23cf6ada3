#include "crypto/files.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace karv::crypto {
namespace {

class SecretFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/karv-files-XXXXXX";
    folder_ = ::mkdtemp(pattern);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(SecretFiles, a_private_file_is_its_owners_only_and_replaces_the_old_one) {
  const std::string path = folder_ + "/pin";
  ASSERT_TRUE(write_private_file(path, base::as_bytes("first")).ok());
  ASSERT_TRUE(write_private_file(path, base::as_bytes("1234\n")).ok());
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  EXPECT_EQ(read_secret_file(path).value().expose_text(), "1234\n");
  EXPECT_EQ(read_secret_line(path).value().expose_text(), "1234");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_F(SecretFiles, files_open_to_others_missing_too_large_or_no_files_are_refused) {
  const std::string path = folder_ + "/open";
  ASSERT_TRUE(write_public_file(path, base::as_bytes("x")).ok());
  EXPECT_FALSE(read_secret_file(path).ok());
  EXPECT_FALSE(read_secret_file(folder_ + "/missing").ok());
  EXPECT_FALSE(read_secret_file(folder_).ok());
  const std::string large = folder_ + "/large";
  ASSERT_TRUE(write_private_file(large, base::Bytes((1 << 20) + 1)).ok());
  EXPECT_FALSE(read_secret_file(large).ok());
  EXPECT_FALSE(write_private_file(folder_ + "/no/such/folder", {}).ok());
}

}  // namespace
}  // namespace karv::crypto
