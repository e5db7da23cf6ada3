#include "net/server.h"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>

#include "base/check.h"
#include "base/log.h"
#include "net/channel.h"
#include "net/server_impl.h"
#include "net/session.h"

namespace karv::net {
namespace {

base::Error cannot_listen(const std::string& where, const error_code& ec) {
  return base::internal_error(base::ErrorCode::unavailable, "cannot listen on " + where + ": " + ec.message());
}

}  // namespace

base::Result<> Server::Impl::reload_certificates() {
  KARV_TRY(auto fresh, make_server_tls({.cert_file = options.cert_file,
                                        .key_file = options.key_file,
                                        .client_ca_file = options.client_ca_file,
                                        .allow_tls_1_2 = options.allow_tls_1_2,
                                        .wipe = wipe()}));
  const base::Lock lock(mutex);
  tls = std::move(fresh);
  return {};
}

base::Result<> Server::Impl::bind(const Endpoint& endpoint) {
  error_code ec;
  ec = acceptor.open(endpoint.protocol(), ec);
  if (ec) return cannot_listen(options.listen, ec);
  if (endpoint.protocol().family() == AF_UNIX)
    return socket_file.bind(acceptor.native_handle(), options.listen.substr(kUnixPrefix.size()), options.socket_group);
  if (!options.socket_group.empty() || !options.allowed_peer_uids.empty())
    return base::internal_error(base::ErrorCode::bad_value,
                                "a group or peer uids need listen = \"unix:/path\", not " + options.listen);
  ec = acceptor.set_option(Acceptor::reuse_address(true), ec);
  if (!ec) ec = acceptor.bind(endpoint, ec);
  if (ec) return cannot_listen(options.listen, ec);
  // Both kinds of Internet addresses have their port at the same place.
  const Endpoint bound = acceptor.local_endpoint(ec);
  sockaddr_in address{};
  std::memcpy(&address, bound.data(), sizeof(address));
  port = ntohs(address.sin_port);
  return {};
}

base::Result<> Server::Impl::listen() {
  const auto endpoint = endpoint_of(options.listen);
  if (!endpoint)
    return base::internal_error(base::ErrorCode::bad_value,
                                "neither address:port nor unix:/path of at most 107 bytes: " + options.listen);
  KARV_TRY_VOID(bind(*endpoint));
  error_code ec;
  ec = acceptor.listen(1024, ec);
  if (ec) return cannot_listen(options.listen, ec);
  {
    const base::Lock lock(mutex);
    accepting = true;
  }
  asio::co_spawn(
      acceptor.get_executor(), [self = shared_from_this()] { return self->accept_connections(); }, asio::detached);
  return {};
}

asio::awaitable<void> Server::Impl::accept_connections() {
  while (!stopping) {
    auto executor = asio::make_strand(loop.impl().io);
    auto [ec, socket] = co_await acceptor.async_accept(executor, kAwait);
    if (stopping) break;
    if (ec) {
      // Out of descriptors, or the peer was gone already: go on a little later.
      base::log::warn("accept_failed", {{"what", ec.message()}});
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(50));
      co_await pause.async_wait(kAwait);
      continue;
    }
    open_session(std::move(socket));
  }
  error_code ignored;
  ignored = acceptor.close(ignored);
  socket_file.remove();
  const base::Lock lock(mutex);
  accepting = false;
  ended.notify_all();
}

bool Server::Impl::may_connect(Socket& socket) {
  const auto& allowed = options.allowed_peer_uids;
  if (allowed.empty()) return true;
  const auto peer = peer_credentials_of(socket.native_handle());
  if (peer && std::ranges::find(allowed, peer->uid) != allowed.end()) return true;
  base::log::warn("peer_refused", {{"listen", options.listen},
                                   {"uid", peer ? std::int64_t{peer->uid} : -1},
                                   {"pid", peer ? std::int64_t{peer->pid} : -1},
                                   {"refused", static_cast<std::int64_t>(++refused_peers)}});
  return false;
}

void Server::Impl::open_session(Socket socket) {
  if (!may_connect(socket)) return;
  const base::Lock lock(mutex);
  if (sessions.size() >= options.limits.max_connections) return;
  auto executor = socket.get_executor();
  auto channel = std::make_shared<Channel>(std::move(socket), tls);
  auto session = std::make_shared<Session>(shared_from_this(), std::move(channel), executor);
  sessions.emplace(session.get(), session);
  session->start();
}

void Server::Impl::close_session(const Session* session) {
  const base::Lock lock(mutex);
  sessions.erase(session);
  ended.notify_all();
}

void Server::Impl::end_sessions(bool at_once) {
  const base::Lock lock(mutex);
  for (const auto& [key, session] : sessions) session->stop(at_once);
}

void Server::Impl::stop(base::Duration grace) {
  stopping = true;
  asio::post(acceptor.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    ignored = self->acceptor.close(ignored);
  });
  const SteadyTime deadline = after(grace);
  {
    const base::Lock lock(mutex);
    while (accepting) ended.wait(mutex);
  }
  end_sessions(false);
  {
    const base::Lock lock(mutex);
    while (!sessions.empty()) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0 || !ended.wait_for(mutex, left)) break;
    }
  }
  end_sessions(true);
  const base::Lock lock(mutex);
  while (!sessions.empty()) ended.wait(mutex);
}

base::Result<std::unique_ptr<Server>> Server::start(Loop& loop, WorkerPool& workers, Client* client,
                                                    ServerOptions options, Service service) {
  KARV_CHECK(service != nullptr);
  auto impl = std::make_shared<Impl>(loop, workers, client, std::move(options), std::move(service));
  KARV_TRY_VOID(impl->reload_certificates());
  KARV_TRY_VOID(impl->listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop({}); }
std::uint16_t Server::port() const { return impl_->port; }
std::uint64_t Server::refused_peers() const { return impl_->refused_peers; }
base::Result<> Server::reload_certificates() { return impl_->reload_certificates(); }
void Server::stop(base::Duration grace) { impl_->stop(grace); }

}  // namespace karv::net
