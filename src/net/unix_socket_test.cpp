#include "net/unix_socket.h"

#include <cstring>
#include <fstream>

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/client.h"
#include "net/server.h"
#include "net/test_support.h"

namespace karv::net {
namespace {

using testing::certificates;

constexpr uid_t kNobody = 65534;

// How a connection of another process ended: connect's errno, or whether the peer hung up without a word.
enum class Met : std::uint8_t { hung_up = 0, kept_open = 1, no_right = 2, refused = 3, absent = 4, other = 5 };

Met connect_and_wait(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Met::other;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (errno == EACCES) return Met::no_right;
    if (errno == ECONNREFUSED) return Met::refused;
    return errno == ENOENT ? Met::absent : Met::other;
  }
  const timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  char byte = 0;
  const auto got = ::recv(fd, &byte, 1, 0);  // a TLS server says nothing first
  ::close(fd);
  return got == 0 ? Met::hung_up : Met::kept_open;
}

// The same from a process of user and group nobody.
Met connect_as_nobody(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(100);
    ::_exit(static_cast<int>(connect_and_wait(path)));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) <= 5 ? static_cast<Met>(WEXITSTATUS(status)) : Met::other;
}

class UnixSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string made = ::testing::TempDir() + "karv-unix-XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    folder_ = made;
    ::chmod(folder_.c_str(), 0755);  // another user may come as far as the socket
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ / "karv.sock"; }
  ServerOptions options() const {
    ServerOptions made;
    made.listen = "unix:" + path();
    made.cert_file = certificates().cert("server");
    made.key_file = certificates().key("server");
    made.client_ca_file = certificates().ca();
    made.error_response = [](const Request&, const base::Error&) { return Response{}; };
    return made;
  }
  base::Result<std::unique_ptr<Server>> start(ServerOptions chosen) {
    return Server::start(loop_, workers_, nullptr, std::move(chosen), [](Request& request) -> Reply {
      const auto& peer = request.peer_credentials;
      return Response{.body = peer ? request.peer + " " + std::to_string(peer->uid) + " " + std::to_string(peer->pid)
                                   : "no credentials"};
    });
  }
  void serve(ServerOptions chosen) {
    auto started = start(std::move(chosen));
    ASSERT_TRUE(started.ok()) << started.error().internal_text();
    server_ = std::move(started).value();
  }
  CallOutcome ask() {
    Destination destination;
    destination.name = "vault";
    destination.address = "unix:" + path();
    destination.server_name = "server.test";
    destination.ca_file = certificates().ca();
    destination.cert_file = certificates().cert("client");
    destination.key_file = certificates().key("client");
    std::vector<Destination> all;
    all.push_back(std::move(destination));
    auto client = Client::create(loop_, std::move(all));
    EXPECT_TRUE(client.ok());
    return client.value()->send_blocking({.destination = "vault", .method = Method::get, .path = "/"},
                                         base::seconds(5));
  }
  mode_t mode() const {
    struct stat found{};
    return ::lstat(path().c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }

  std::filesystem::path folder_;
  Loop loop_;
  WorkerPool workers_{{.threads = 1}};
  std::unique_ptr<Server> server_;
};

TEST_F(UnixSocketTest, a_request_over_it_says_who_the_kernel_saw) {
  serve(options());
  const auto outcome = ask();
  ASSERT_TRUE(outcome.ok()) << outcome.error().internal_text();
  EXPECT_EQ(outcome->body, "unix " + std::to_string(::getuid()) + " " + std::to_string(::getpid()));
  EXPECT_EQ(server_->port(), 0);
}

TEST_F(UnixSocketTest, the_file_is_its_users_alone_and_goes_with_the_server) {
  serve(options());
  EXPECT_EQ(mode(), 0600U);
  server_->stop(base::seconds(1));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(UnixSocketTest, what_a_killed_process_left_is_replaced) {
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_GE(dead, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(dead);
  serve(options());
  EXPECT_TRUE(ask().ok());
}

TEST_F(UnixSocketTest, a_socket_that_somebody_listens_on_is_left_alone) {
  serve(options());
  const auto second = start(options());
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().internal_text().find("another process listens there"), std::string::npos);
  EXPECT_TRUE(ask().ok());
}

TEST_F(UnixSocketTest, a_file_that_is_no_socket_is_left_alone) {
  std::ofstream(path()) << "a letter";
  const auto refused = start(options());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().internal_text().find("the file is no socket"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(path()), 8U);
}

TEST_F(UnixSocketTest, a_place_that_cannot_be_is_named) {
  auto chosen = options();
  for (const std::string& place : {std::string("unix:relative.sock"), "unix:/" + std::string(120, 'x')}) {
    chosen.listen = place;
    const auto refused = start(chosen);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code(), base::ErrorCode::bad_value);
  }
  chosen.listen = "unix:" + (folder_ / "none" / "karv.sock").string();
  EXPECT_FALSE(start(chosen).ok());
  chosen = options();
  chosen.socket_group = "no-such-group";
  EXPECT_NE(start(chosen).error().internal_text().find("no group named no-such-group"), std::string::npos);
}

TEST_F(UnixSocketTest, peer_uids_on_an_internet_address_are_a_mistake) {
  auto chosen = options();
  chosen.listen = "127.0.0.1:0";
  chosen.allowed_peer_uids = {::getuid()};
  const auto refused = start(chosen);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::bad_value);
}

TEST_F(UnixSocketTest, a_user_that_is_not_on_the_list_is_turned_away_before_tls_and_counted) {
  auto chosen = options();
  chosen.allowed_peer_uids = {::getuid() + 1};
  serve(chosen);
  EXPECT_EQ(connect_and_wait(path()), Met::hung_up);
  EXPECT_FALSE(ask().ok());
  EXPECT_EQ(server_->refused_peers(), 2U);
}

TEST_F(UnixSocketTest, another_user_needs_the_group_and_the_list) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to connect as a second user";
  serve(options());
  EXPECT_EQ(connect_as_nobody(path()), Met::no_right);
  server_.reset();

  auto chosen = options();
  chosen.socket_group = "nogroup";
  serve(chosen);
  EXPECT_EQ(mode(), 0660U);
  EXPECT_EQ(connect_as_nobody(path()), Met::kept_open);
  server_.reset();

  chosen.allowed_peer_uids = {0};
  serve(chosen);
  EXPECT_EQ(connect_as_nobody(path()), Met::hung_up);
  EXPECT_EQ(server_->refused_peers(), 1U);
  EXPECT_TRUE(ask().ok());  // root is on the list
}

}  // namespace
}  // namespace karv::net
