// For net's tests: a TLS server (certificate `server`) that answers each request with whatever bytes the test says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace karv::net::testing {

class RawServer {
 public:
  // The answer to a request; "close" at its end closes the connection after it, an empty answer keeps quiet.
  using Answer = std::function<std::string(std::string_view request)>;
  explicit RawServer(Answer answer);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  std::vector<std::string> requests();

 private:
  void accept_all();
  void serve(int socket);

  const Answer answer_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  base::Mutex mutex_;
  std::vector<std::string> requests_ KARV_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ KARV_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

// Accepts connections and never says a word.
class MuteServer {
 public:
  MuteServer();
  ~MuteServer();
  MuteServer(const MuteServer&) = delete;
  MuteServer& operator=(const MuteServer&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  int listener_ = -1;
};

// A listening socket on a free port of 127.0.0.1.
int listen_on_loopback(std::uint16_t& port);

}  // namespace karv::net::testing
