// Stands between driver and server on a socket of its own and cuts the line when the answer to a commit comes by: the
// server has committed, and nobody was told. For tests only.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"

namespace karv::store::postgres {

class Relay {
 public:
  explicit Relay(std::string server_socket);
  ~Relay();
  std::string folder() const { return folder_; }
  void cut_at_next_commit() { armed_ = true; }
  int cuts() const { return cuts_; }

 private:
  void serve(int client);
  void accept_all();

  std::string folder_, server_socket_;
  int listener_ = -1;
  std::atomic<bool> armed_ = false, stopping_ = false;
  std::atomic<int> cuts_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> lines_;
};

inline int socket_at(const std::string& path, bool listen) {
  const int made = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  const bool good = listen ? ::bind(made, where, sizeof address) == 0 && ::listen(made, 16) == 0
                           : ::connect(made, where, sizeof address) == 0;
  KARV_CHECK(good);
  return made;
}

inline Relay::Relay(std::string server_socket) : server_socket_(std::move(server_socket)) {
  folder_ = std::filesystem::temp_directory_path() / "karv-relay-XXXXXX";
  KARV_CHECK(mkdtemp(folder_.data()) != nullptr);
  listener_ = socket_at(folder_ + "/.s.PGSQL.5432", true);
  acceptor_ = std::thread([this] { accept_all(); });
}

inline Relay::~Relay() {
  stopping_ = true;
  acceptor_.join();
  for (auto& line : lines_) line.join();
  ::close(listener_);
  std::filesystem::remove_all(folder_);
}

inline void Relay::accept_all() {
  while (!stopping_) {
    pollfd poll{.fd = listener_, .events = POLLIN, .revents = 0};
    if (::poll(&poll, 1, 20) <= 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client >= 0) lines_.emplace_back([this, client] { serve(client); });
  }
}

inline void Relay::serve(int client) {
  const int server = socket_at(server_socket_, false);
  std::array<char, 65536> buffer;
  for (bool open = true; open && !stopping_;) {
    std::array<pollfd, 2> polls{
        {{.fd = client, .events = POLLIN, .revents = 0}, {.fd = server, .events = POLLIN, .revents = 0}}};
    if (::poll(polls.data(), polls.size(), 20) <= 0) continue;
    for (const auto& [from, to] : {std::pair(0, 1), std::pair(1, 0)}) {
      if (polls[static_cast<std::size_t>(from)].revents == 0) continue;
      const auto got = ::read(polls[static_cast<std::size_t>(from)].fd, buffer.data(), buffer.size());
      open = open && got > 0;
      if (got <= 0) break;
      const std::string_view said(buffer.data(), static_cast<std::size_t>(got));
      // The tag of CommandComplete, as the server says it.
      if (from == 1 && armed_ && said.find(std::string_view("COMMIT\0", 7)) != std::string_view::npos) {
        armed_ = false;
        ++cuts_;
        open = false;
        break;
      }
      open = open && ::write(polls[static_cast<std::size_t>(to)].fd, buffer.data(), said.size()) == got;
    }
  }
  ::close(client);
  ::close(server);
}

}  // namespace karv::store::postgres
