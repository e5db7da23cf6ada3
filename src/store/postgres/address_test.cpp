#include "store/postgres/address.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

namespace karv::store::postgres {
namespace {

std::string why_not(const std::string& address) {
  auto read = read_address(address);
  return read.ok() ? "taken" : read.error().internal_text();
}

std::string value_of(const Keywords& keywords, const std::string& name) {
  for (const auto& [key, value] : keywords)
    if (key == name) return value;
  return "";
}

TEST(PostgresAddressTest, a_socket_needs_no_certificate) {
  auto read = read_address("postgresql://karv@/karv?host=/var/run/postgresql");
  ASSERT_TRUE(read.ok()) << read.error().internal_text();
  EXPECT_EQ(value_of(*read, "sslmode"), "disable");
  EXPECT_EQ(value_of(*read, "target_session_attrs"), "read-write");
}

TEST(PostgresAddressTest, tcp_is_verified_whether_the_address_says_so_or_not) {
  for (const std::string mode : {"", "&sslmode=verify-full"}) {
    auto read = read_address("postgresql://karv@db.example/karv?sslrootcert=/etc/karv/ca.pem" + mode);
    ASSERT_TRUE(read.ok()) << read.error().internal_text();
    EXPECT_EQ(value_of(*read, "sslmode"), "verify-full");
  }
}

TEST(PostgresAddressTest, weaker_verification_is_refused) {
  for (const std::string mode : {"disable", "allow", "prefer", "require", "verify-ca"})
    EXPECT_NE(why_not("postgresql://karv@db.example/karv?sslrootcert=/ca.pem&sslmode=" + mode).find("verify-full"),
              std::string::npos);
  EXPECT_NE(why_not("postgresql://karv@db.example/karv").find("sslrootcert"), std::string::npos);
  // One host of several by TCP is enough.
  EXPECT_NE(why_not("postgresql://karv@/karv?host=/tmp,db.example").find("sslrootcert"), std::string::npos);
  EXPECT_NE(why_not("postgresql://karv@/karv?host=/tmp&hostaddr=10.0.0.1").find("sslrootcert"), std::string::npos);
}

TEST(PostgresAddressTest, a_password_in_the_address_is_refused_and_not_repeated) {
  for (const std::string address : {"postgresql://karv:geheim@db.example/karv?sslrootcert=/ca.pem",
                                    "postgresql://karv@db.example/karv?password=geheim&sslrootcert=/ca.pem"}) {
    EXPECT_NE(why_not(address).find("passfile"), std::string::npos);
    EXPECT_EQ(why_not(address).find("geheim"), std::string::npos);
  }
  // Neither when the address cannot be read at all.
  EXPECT_EQ(why_not("postgresql://karv:geheim@[db.example/karv").find("geheim"), std::string::npos);
}

TEST(PostgresAddressTest, a_password_in_the_environment_is_refused) {
  ::setenv("PGPASSWORD", "geheim", 1);
  EXPECT_NE(why_not("postgresql://karv@/karv?host=/tmp").find("PGPASSWORD"), std::string::npos);
  ::unsetenv("PGPASSWORD");
}

TEST(PostgresAddressTest, unknown_and_dangerous_options_are_refused_by_name) {
  EXPECT_NE(why_not("postgresql://karv@/karv?host=/tmp&speed=fast").find("speed"), std::string::npos);
  for (const std::string name : {"options=-csynchronous_commit%3Doff", "service=karv", "passfile=/no/such/file"})
    EXPECT_NE(why_not("postgresql://karv@/karv?host=/tmp&" + name), "taken") << name;
  EXPECT_NE(why_not("postgresql://karv@/karv").find("names no host"), std::string::npos);
}

TEST(PostgresAddressTest, a_password_file_that_others_can_read_is_refused) {
  std::string folder = std::filesystem::temp_directory_path() / "karv-address-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/passfile";
  std::ofstream(file) << "*:*:*:karv:word\n";
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  const std::string address = "postgresql://karv@/karv?host=/tmp&passfile=" + file;
  EXPECT_NE(why_not(address).find("chmod 600"), std::string::npos);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  EXPECT_EQ(why_not(address), "taken");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace karv::store::postgres
