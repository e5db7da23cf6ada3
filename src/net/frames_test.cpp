#include "net/frames.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mutex.h"
#include "net/raw_server.h"
#include "net/test_support.h"

namespace karv::net {
namespace {

using testing::certificates;

// Takes one connection after the other (client certificate required), keeps what it reads, sends what it is told.
class FramedServer {
 public:
  explicit FramedServer(std::string greeting = {}) : greeting_(std::move(greeting)) {
    certificates();
    listener_ = testing::listen_on_loopback(port_);
    thread_ = std::thread([this] { serve_all(); });
  }
  ~FramedServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  FramedServer(const FramedServer&) = delete;
  FramedServer& operator=(const FramedServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  void drop() { drop_ = true; }
  std::string received() {
    const base::Lock lock(mutex_);
    return received_;
  }

 private:
  bool readable(int socket) {
    pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, 20) > 0;
  }

  void serve_all() {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(context, certificates().cert("server").c_str());
    SSL_CTX_use_PrivateKey_file(context, certificates().key("server").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_load_verify_locations(context, certificates().ca().c_str(), nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    while (!stopping_) {
      if (!readable(listener_)) continue;
      const int socket = ::accept(listener_, nullptr, nullptr);
      SSL* const ssl = SSL_new(context);
      SSL_set_fd(ssl, socket);
      if (SSL_accept(ssl) == 1) serve(ssl, socket);
      SSL_shutdown(ssl);
      SSL_free(ssl);
      ::close(socket);
    }
    SSL_CTX_free(context);
  }

  void serve(SSL* ssl, int socket) {
    ++connections_;
    if (!greeting_.empty()) SSL_write(ssl, greeting_.data(), static_cast<int>(greeting_.size()));
    while (!stopping_ && !drop_.exchange(false)) {
      if (SSL_pending(ssl) == 0 && !readable(socket)) continue;
      char piece[4096];
      const int got = SSL_read(ssl, piece, sizeof(piece));
      if (got <= 0) return;
      const base::Lock lock(mutex_);
      received_.append(piece, static_cast<std::size_t>(got));
    }
  }

  const std::string greeting_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> drop_{false};
  base::Mutex mutex_;
  std::string received_ KARV_GUARDED_BY(mutex_);
  std::thread thread_;
};

class FramesTest : public ::testing::Test {
 protected:
  static FramedOptions options(std::uint16_t port) {
    FramedOptions made;
    made.destination.name = "network";
    made.destination.address = "127.0.0.1:" + std::to_string(port);
    made.destination.server_name = "server.test";
    made.destination.ca_file = certificates().ca();
    made.destination.cert_file = certificates().cert("client");
    made.destination.key_file = certificates().key("client");
    made.first_retry = base::milliseconds(20);
    made.longest_retry = base::milliseconds(100);
    return made;
  }
  void start(FramedOptions chosen) {
    auto made = FramedClient::create(loop_, std::move(chosen),
                                     {.on_frame =
                                          [this](base::ByteView frame) {
                                            const base::Lock lock(mutex_);
                                            frames_.emplace_back(base::as_text(frame));
                                          },
                                      .on_up = [this] { ++ups_; },
                                      .on_down = [this] { ++downs_; }});
    ASSERT_TRUE(made.ok());
    line_ = std::move(made).value();
  }
  template <class Condition>
  static bool eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  std::vector<std::string> frames() {
    const base::Lock lock(mutex_);
    return frames_;
  }
  bool send(std::string_view text) { return line_->send(base::SecretBytes::copy_of(text)); }

  Loop loop_;
  base::Mutex mutex_;
  std::vector<std::string> frames_ KARV_GUARDED_BY(mutex_);
  std::atomic<int> ups_{0};
  std::atomic<int> downs_{0};
  std::unique_ptr<FramedClient> line_;
};

using namespace std::string_literals;

TEST_F(FramesTest, frames_go_out_and_come_in_whole) {
  FramedServer server("\0\3abc\0\1d"s);
  start(options(server.port()));
  ASSERT_TRUE(eventually([&] { return frames().size() == 2; }));
  EXPECT_EQ(frames(), (std::vector<std::string>{"abc", "d"}));
  EXPECT_TRUE(send("hello"));
  EXPECT_TRUE(send(std::string(300, 'x')));
  const std::string expected = "\0\5hello"s + "\1\54"s + std::string(300, 'x');
  EXPECT_TRUE(eventually([&] { return server.received() == expected; }));
  EXPECT_EQ(ups_, 1);
}

TEST_F(FramesTest, what_is_empty_or_too_long_is_not_taken) {
  FramedServer server;
  start(options(server.port()));
  ASSERT_TRUE(eventually([&] { return line_->is_up(); }));
  EXPECT_FALSE(send(""));
  EXPECT_FALSE(send(std::string(2049, 'x')));
  EXPECT_TRUE(send(std::string(2048, 'x')));
}

TEST_F(FramesTest, a_broken_connection_is_opened_again) {
  FramedServer server;
  start(options(server.port()));
  ASSERT_TRUE(eventually([&] { return ups_ == 1; }));
  server.drop();
  ASSERT_TRUE(eventually([&] { return ups_ == 2; }));
  EXPECT_EQ(downs_, 1);
  ASSERT_TRUE(eventually([&] { return send("again"); }));
  EXPECT_TRUE(eventually([&] { return server.received() == "\0\5again"s; }));
}

TEST_F(FramesTest, nothing_is_taken_without_a_connection) {
  std::uint16_t port = 0;
  {
    port = FramedServer().port();
  }
  start(options(port));
  EXPECT_FALSE(send("lost"));
  EXPECT_EQ(ups_, 0);
}

TEST_F(FramesTest, a_frame_that_is_too_long_or_empty_ends_the_connection) {
  for (const auto& greeting : {"\x08\x01"s, "\xff\xff"s, "\0\0"s}) {
    FramedServer server(greeting);
    start(options(server.port()));
    EXPECT_TRUE(eventually([&] { return server.connections() >= 2; }));
    EXPECT_TRUE(frames().empty());
    line_.reset();
  }
}

TEST_F(FramesTest, a_frame_that_never_ends_is_given_up) {
  FramedServer server("\0\5ab"s);
  auto chosen = options(server.port());
  chosen.idle_limit = base::milliseconds(100);
  start(std::move(chosen));
  EXPECT_TRUE(eventually([&] { return downs_ >= 2; }));
  EXPECT_TRUE(frames().empty());
}

TEST_F(FramesTest, the_peer_s_name_and_our_certificate_are_required) {
  FramedServer server;
  auto wrong_name = options(server.port());
  wrong_name.destination.server_name = "elsewhere.test";
  start(std::move(wrong_name));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(ups_, 0);
  line_.reset();
  auto no_certificate = options(server.port());
  no_certificate.destination.cert_file.clear();
  start(std::move(no_certificate));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(server.received(), "");
}

TEST_F(FramesTest, stopping_sends_what_is_queued_and_ends_the_callbacks) {
  FramedServer server;
  start(options(server.port()));
  ASSERT_TRUE(eventually([&] { return line_->is_up(); }));
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string text(1000, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(send(text));
    expected += "\3\xe8"s + text;
  }
  line_->stop(base::seconds(5));
  EXPECT_EQ(downs_, 1);
  EXPECT_FALSE(send("late"));
  EXPECT_TRUE(eventually([&] { return server.received() == expected; }));
  EXPECT_EQ(ups_, 1);
}

}  // namespace
}  // namespace karv::net
