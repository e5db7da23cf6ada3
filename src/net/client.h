// The HTTPS client for a handful of named, configured destinations: verified peers, kept connections, a deadline on
// every call, and an honest word on what a failure means (net/http.h: CallOutcome). Not for arbitrary addresses.
//
//   unavailable      nothing of the request reached the peer: safe to send again. Reason PEER_NOT_TRUSTED when there is
//                    somebody, but not with the certificate that was expected
//   timeout          the time ran out after something was sent: the peer may act on it
//   unknown_outcome  the connection or the answer broke after something was sent: the peer may have acted on it
// A request is sent a second time only when a kept connection turned out to be closed before any byte of it left, or,
// to another place of the same destination, when nothing of it reached the first.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"
#include "net/loop.h"

namespace karv::net {

struct Destination {
  std::string name;
  std::string address;      // "127.0.0.1:8445"
  std::string server_name;  // what its certificate must be for
  std::string ca_file;
  std::string cert_file;  // our own certificate; empty: none
  std::string key_file;
  // What the peer's key must be besides: SHA-256 of its SubjectPublicKeyInfo in base64, any of these; empty: any key
  // that the authority has signed for. Source: RFC 7469 2.4.
  std::vector<std::string> key_pins = {};
  bool allow_tls_1_2 = false;
  bool wipe_buffers = false;
  // Several destinations of one name are one service at several places: a request goes to the one it names or the next
  // in turn, and on to another one as long as nothing can have happened.
  std::string place = {};
  // Whether this answer says that nothing happened, so that another place may be asked. Null: none does.
  std::function<bool(const Response&)> elsewhere = {};
  std::size_t max_connections = 16;  // more calls wait for a free one, within their limit
  std::size_t max_body = std::size_t{1024} * 1024;
  base::Duration connect_limit = base::seconds(3);
  base::Duration keep_idle = base::seconds(30);
};

class Client {
 public:
  using Done = std::move_only_function<void(CallOutcome)>;

  // Errors: unavailable (files unreadable), bad_value (address malformed, two destinations of one name and place).
  static base::Result<std::unique_ptr<Client>> create(Loop& loop, std::vector<Destination> destinations);
  ~Client();  // stops
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `done` is called once, on a loop thread: it must not block.
  void send(OutboundRequest request, base::Duration limit, Done done);
  // For job threads. Never on a loop thread, nor on a worker inside a request but for what bounds how many wait
  // (identity/opened_keys.h).
  CallOutcome send_blocking(OutboundRequest request, base::Duration limit);
  // Reads the destination's certificate files again; new connections use them.
  base::Result<> reload_certificates(const std::string& destination);
  // Ends all connections; calls under way end with an error, later ones with unavailable. Waits for them.
  void stop();

  struct Impl;

 private:
  explicit Client(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace karv::net
