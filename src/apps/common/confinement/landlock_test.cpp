#include "apps/common/confinement/landlock.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "apps/common/confinement/child_for_test.h"

namespace karv::apps {
namespace {

using testing::in_child;

// 0, or why the file could not be opened.
int open_error(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

int listening(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd, 8) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return -1;
  port = ntohs(address.sin_port);
  return fd;
}

int tcp_error(int (*act)(int, const sockaddr*, socklen_t), std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = act(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  ::close(fd);
  return result;
}

class LandlockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (landlock_abi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
    std::string made = ::testing::TempDir() + "karv-landlock-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    folder_ = made;
    for (const char* name : {"read", "write", "sockets", "other"}) {
      std::filesystem::create_directory(folder_ / name);
      std::ofstream(folder_ / name / "file") << "x";
    }
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  std::string at(const char* path) const { return folder_ / path; }
  LandlockRules rules() const {
    return {.read = {at("read")},
            .write = {at("write")},
            .sockets = {at("sockets")},
            .bind_ports = {},
            .connect_ports = {}};
  }
  // Applies the rules in a child and answers the body's exit code there.
  int confined(const LandlockRules& rules, const std::function<int()>& body) {
    return in_child([&] {
             if (!apply_landlock(rules).ok()) return 121;
             return body();
           })
        .code;
  }

  std::filesystem::path folder_;
};

TEST_F(LandlockTest, only_listed_places_can_be_read) {
  EXPECT_EQ(confined(rules(), [&] { return open_error(at("read/file"), O_RDONLY); }), 0);
  EXPECT_EQ(confined(rules(), [&] { return open_error(at("other/file"), O_RDONLY); }), EACCES);
  EXPECT_EQ(confined(rules(), [&] { return open_error("/etc/passwd", O_RDONLY); }), EACCES);
  EXPECT_EQ(confined(rules(), [&] { return open_error("/proc/self/mem", O_RDWR); }), EACCES);
}

TEST_F(LandlockTest, only_listed_places_can_be_written) {
  EXPECT_EQ(confined(rules(), [&] { return open_error(at("write/new"), O_RDWR | O_CREAT | O_EXCL); }), 0);
  EXPECT_EQ(confined(rules(), [&] { return ::rename(at("write/file").c_str(), at("write/moved").c_str()); }), 0);
  EXPECT_EQ(confined(rules(), [&] { return open_error(at("read/file"), O_RDWR); }), EACCES);
  EXPECT_EQ(confined(rules(), [&] { return open_error(at("read/new"), O_RDWR | O_CREAT); }), EACCES);
  EXPECT_EQ(confined(rules(), [&] { return open_error(at("sockets/new"), O_RDWR | O_CREAT); }), EACCES);
  EXPECT_EQ(confined(rules(), [&] { return ::unlink(at("read/file").c_str()) == 0 ? 0 : errno; }), EACCES);
}

TEST_F(LandlockTest, a_socket_can_be_made_and_removed_in_its_folder_only) {
  const auto bind_at = [](const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return errno;
    return ::unlink(path.c_str()) == 0 ? 0 : errno;
  };
  EXPECT_EQ(confined(rules(), [&] { return bind_at(at("sockets/karv.sock")); }), 0);
  EXPECT_EQ(confined(rules(), [&] { return bind_at(at("other/karv.sock")); }), EACCES);
}

TEST_F(LandlockTest, threads_started_afterwards_are_bound_too) {
  EXPECT_EQ(confined(rules(),
                     [&] {
                       int error = 0;
                       std::thread([&] { error = open_error(at("other/file"), O_RDONLY); }).join();
                       return error;
                     }),
            EACCES);
}

TEST_F(LandlockTest, no_program_can_be_executed) {
  auto all = rules();
  all.read.emplace_back("/usr");
  EXPECT_EQ(confined(all,
                     [] {
                       ::execl("/usr/bin/true", "true", nullptr);
                       return errno;
                     }),
            EACCES);
}

TEST_F(LandlockTest, what_is_not_there_gets_no_rule_and_opening_it_says_so) {
  auto missing = rules();
  missing.read.push_back(at("none"));
  EXPECT_EQ(confined(missing, [&] { return open_error(at("none"), O_RDONLY); }), ENOENT);
}

TEST_F(LandlockTest, rules_that_leave_everything_open_are_a_mistake) {
  auto all = rules();
  all.read.emplace_back("/");
  EXPECT_EQ(confined(all, [] { return 0; }), 121);
}

TEST_F(LandlockTest, older_kernels_confine_what_they_know) {
  auto ports = rules();
  ports.connect_ports = {443};
  for (int abi = 1; abi <= landlock_abi(); ++abi) {
    const auto end = in_child([&] {
      const auto applied = apply_landlock(ports, abi);
      if (!applied.ok() || applied.value().network != (abi >= 4) || applied.value().isolated != (abi >= 6)) return 121;
      if (open_error(at("write/new"), O_RDWR | O_CREAT | O_TRUNC) != 0) return 122;
      return open_error(at("other/file"), O_RDONLY);
    });
    EXPECT_EQ(end.code, EACCES) << "as version " << abi;
  }
}

TEST_F(LandlockTest, only_listed_ports_can_be_reached_and_bound) {
  if (landlock_abi() < kLandlockWithNetwork) GTEST_SKIP() << "this kernel's Landlock knows no ports";
  std::uint16_t allowed = 0;
  std::uint16_t other = 0;
  const int first = listening(allowed);
  const int second = listening(other);
  ASSERT_GE(first, 0);
  ASSERT_GE(second, 0);
  auto ports = rules();
  ports.connect_ports = {allowed};
  ports.bind_ports = {0};
  EXPECT_EQ(confined(ports, [&] { return tcp_error(::connect, allowed); }), 0);
  EXPECT_EQ(confined(ports, [&] { return tcp_error(::connect, other); }), EACCES);
  EXPECT_EQ(confined(ports, [] { return tcp_error(::bind, 0); }), 0);
  EXPECT_EQ(confined(ports, [] { return tcp_error(::bind, 18080); }), EACCES);
  ::close(first);
  ::close(second);
}

TEST_F(LandlockTest, no_signal_reaches_another_process) {
  if (landlock_abi() < kLandlockWithScopes) GTEST_SKIP() << "this kernel's Landlock knows no scopes";
  const pid_t parent = ::getpid();
  EXPECT_EQ(confined(rules(), [&] { return ::kill(parent, 0) == 0 ? 0 : errno; }), EPERM);
}

}  // namespace
}  // namespace karv::apps
