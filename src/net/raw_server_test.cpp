#include "net/raw_server.h"

#include <cstdlib>

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/test_support.h"

namespace karv::net::testing {
namespace {

// True when something can be read before the server stops.
bool wait_readable(int socket, const std::atomic<bool>& stopping) {
  while (!stopping) {
    pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 20) > 0) return true;
  }
  return false;
}

bool is_whole(std::string_view request) {
  const std::size_t end = request.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const std::size_t at = request.find("Content-Length: ");
  const auto length = at == std::string_view::npos ? 0 : std::strtoul(request.data() + at + 16, nullptr, 10);
  return request.size() >= end + 4 + length;
}

}  // namespace

int listen_on_loopback(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  ::listen(listener, 64);
  socklen_t size = sizeof(address);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return listener;
}

RawServer::RawServer(Answer answer) : answer_(std::move(answer)), listener_(listen_on_loopback(port_)) {
  certificates();
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  acceptor_.join();
  std::vector<std::thread> threads;
  {
    const base::Lock lock(mutex_);
    threads.swap(threads_);
  }
  for (auto& thread : threads) thread.join();
  ::close(listener_);
}

std::vector<std::string> RawServer::requests() {
  const base::Lock lock(mutex_);
  return requests_;
}

void RawServer::accept_all() {
  while (wait_readable(listener_, stopping_)) {
    const int socket = ::accept(listener_, nullptr, nullptr);
    const base::Lock lock(mutex_);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void RawServer::serve(int socket) {
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate_chain_file(context, certificates().cert("server").c_str());
  SSL_CTX_use_PrivateKey_file(context, certificates().key("server").c_str(), SSL_FILETYPE_PEM);
  SSL* const ssl = SSL_new(context);
  SSL_set_fd(ssl, socket);
  std::string received;
  bool open = SSL_accept(ssl) == 1;
  if (open) ++connections_;
  while (open && (SSL_pending(ssl) > 0 || wait_readable(socket, stopping_))) {
    char piece[4096];
    const int got = SSL_read(ssl, piece, sizeof(piece));
    if (got <= 0) break;
    received.append(piece, static_cast<std::size_t>(got));
    if (!is_whole(received)) continue;
    {
      const base::Lock lock(mutex_);
      requests_.push_back(received);
    }
    std::string answer = answer_(received);
    received.clear();
    const bool close_after = answer.ends_with("close");
    if (close_after) answer.resize(answer.size() - 5);
    if (!answer.empty() && SSL_write(ssl, answer.data(), static_cast<int>(answer.size())) <= 0) break;
    open = !close_after;
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  ::close(socket);
}

MuteServer::MuteServer() : listener_(listen_on_loopback(port_)) { certificates(); }
MuteServer::~MuteServer() { ::close(listener_); }

}  // namespace karv::net::testing
