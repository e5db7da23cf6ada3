// The HTTPS server: reads whole requests within size and time limits, runs them on the worker pool, makes the calls
// they ask for without holding a worker, and writes the answers. TLS only. Not here: routing (net/http.h),
// authentication, error texts: each API's own, handed in as `error_response`.
//
//   net::Loop loop(2);
//   net::WorkerPool workers({.threads = 8});
//   KARV_TRY(auto server, net::Server::start(loop, workers, client.get(), options,
//                                            [&](net::Request& request) { return router.handle(request); }));
//   ... server->port() ... server->stop(base::seconds(10));
//
// Source: RFC 9110, RFC 9112; HTML Living Standard 9.2 (event streams).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/result.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/worker_pool.h"

namespace karv::net {

class Client;

struct ServerLimits {
  std::size_t max_head = std::size_t{16} * 1024;
  std::size_t max_body = std::size_t{1024} * 1024;
  std::size_t max_connections = 10'000;
  std::size_t max_in_flight = 2'000;    // requests being handled; more are answered 503
  std::size_t max_queued_events = 256;  // of one event stream
  base::Duration handshake = base::seconds(10);
  base::Duration read = base::seconds(10);  // from a request's first byte to its last
  base::Duration write = base::seconds(10);
  base::Duration idle = base::seconds(59);  // between requests
  base::Duration heartbeat = base::seconds(15);
};

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  // address:port; port 0 takes a free one. Or unix:/path, TLS all the same
  std::string socket_group;            // of a Unix socket: mode 0660 and this group; empty: 0600
  // Of a Unix socket: processes of other users are turned away before TLS, counted and logged. Empty: whoever the
  // file's mode lets through.
  std::vector<std::uint32_t> allowed_peer_uids;
  std::string cert_file;  // PEM chain, leaf first
  std::string key_file;
  std::string client_ca_file;  // set: a client certificate of this authority is required
  bool allow_tls_1_2 = false;
  bool wipe_buffers = false;  // overwrite bodies and buffers before they are freed; chunked requests are then refused
  bool hsts = true;
  ServerLimits limits;
  // The answer to what net refuses or what went wrong in a handler; its status is replaced where the error catalogue
  // has none (408, 411, 431). The request holds what could be read: its path may be empty.
  std::function<Response(const Request&, const base::Error&)> error_response;
  // Called with what went wrong inside a handler, before the 500. Must not throw.
  std::function<void(const Request&, std::string_view what)> on_bug;
};

class Server {
 public:
  // A handler that may fill in the request's path parameters: Router::handle.
  using Service = std::function<Reply(Request&)>;

  // `client` makes the Calls; it may be null when no handler answers with one.
  // Errors: unavailable (address taken, certificate files unreadable), bad_value (address malformed, a Unix socket's
  // options without one).
  static base::Result<std::unique_ptr<Server>> start(Loop& loop, WorkerPool& workers, Client* client,
                                                     ServerOptions options, Service service);
  ~Server();  // stops without grace
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;  // 0 for a Unix socket
  // How many were turned away because of allowed_peer_uids.
  std::uint64_t refused_peers() const;
  // Reads the certificate files again; connections made from now on use them. On an error the old ones stay.
  base::Result<> reload_certificates();
  // Takes no more connections; requests in flight are answered, event streams ended, idle connections closed. What is
  // not done after `grace` is cut off. Waits for all of it; call it from a thread that is neither worker nor loop.
  void stop(base::Duration grace);

  struct Impl;

 private:
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace karv::net
