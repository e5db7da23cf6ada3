// What the listener and its sessions share. Internal to net.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>

#include "base/mutex.h"
#include "net/asio.h"
#include "net/client.h"
#include "net/server.h"
#include "net/tls.h"
#include "net/unix_socket.h"

namespace karv::net {

class Session;

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(Loop& server_loop, WorkerPool& pool, Client* caller, ServerOptions chosen, Service handler)
      : loop(server_loop),
        workers(pool),
        client(caller),
        options(std::move(chosen)),
        service(std::move(handler)),
        acceptor(asio::make_strand(loop.impl().io)) {}

  base::Result<> listen();
  base::Result<> reload_certificates();
  asio::awaitable<void> accept_connections();
  base::Result<> bind(const Endpoint& endpoint);
  bool may_connect(Socket& socket);
  void open_session(Socket socket);
  void close_session(const Session* session);  // called by the session when it has ended
  void stop(base::Duration grace);

  Wipe wipe() const { return options.wipe_buffers ? Wipe::yes : Wipe::no; }

  Loop& loop;
  WorkerPool& workers;
  Client* const client;
  const ServerOptions options;
  const Service service;
  Acceptor acceptor;
  UnixSocketFile socket_file;
  std::uint16_t port = 0;  // 0: a Unix socket
  std::atomic<std::uint64_t> refused_peers{0};
  std::atomic<std::size_t> in_flight{0};
  std::atomic<bool> stopping{false};

  base::Mutex mutex;
  base::Condition ended;
  TlsContext tls KARV_GUARDED_BY(mutex);
  std::unordered_map<const Session*, std::shared_ptr<Session>> sessions KARV_GUARDED_BY(mutex);
  bool accepting KARV_GUARDED_BY(mutex) = false;

 private:
  void end_sessions(bool at_once);
};

}  // namespace karv::net
