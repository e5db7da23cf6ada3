// One TLS connection with a deadline on everything: the only place that touches the TLS stream. Internal to net.
// All calls happen on the connection's executor (a strand); one read and one write may be under way at once. A missed
// deadline ends what was waiting with an error, and timed_out() says why; after a read the connection can still be
// written to, after anything else only abort() is left.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ssl/stream.hpp>

#include "net/asio.h"
#include "net/http.h"
#include "net/tls.h"

namespace karv::net {

struct IoResult {
  error_code ec;
  std::size_t size = 0;
};

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel(Socket socket, TlsContext tls);

  asio::awaitable<error_code> connect(Endpoint endpoint, SteadyTime deadline);
  asio::awaitable<error_code> accept_tls(SteadyTime deadline);
  // Verifies that the peer's certificate is for `server_name`, which is also sent to it.
  asio::awaitable<error_code> connect_tls(std::string server_name, SteadyTime deadline);
  asio::awaitable<IoResult> read_some(asio::mutable_buffer into, SteadyTime deadline);
  asio::awaitable<IoResult> read_exactly(asio::mutable_buffer into, SteadyTime deadline);
  // `size` of the result is 0 when the peer can have seen nothing of it.
  asio::awaitable<IoResult> write(asio::const_buffer bytes, SteadyTime deadline);
  // Says goodbye, lets the peer read what was sent, closes. Takes at most a second.
  asio::awaitable<void> close();

  // Closes at once; whatever waits is ended.
  void abort();
  bool timed_out() const { return timed_out_; }
  // True when the peer has closed (or sent something unasked) while the connection was idle.
  bool is_stale();
  std::string peer_address() const;                         // "127.0.0.1"; "unix" over a Unix socket
  std::optional<PeerCredentials> peer_credentials() const;  // over a Unix socket
  std::string peer_certificate_cn();                        // empty without a certificate
  std::string peer_key_pin();                               // as Destination::key_pins; empty without a certificate

 private:
  enum class Way : std::uint8_t { in, out };
  SteadyTime& deadline(Way way) { return way == Way::in ? read_deadline_ : write_deadline_; }
  void begin(Way way, SteadyTime deadline);
  void end(Way way) { deadline(way) = SteadyTime::max(); }
  void arm();
  void on_timer();

  TlsContext tls_;
  asio::ssl::stream<Socket> stream_;
  asio::steady_timer timer_;
  SteadyTime read_deadline_ = SteadyTime::max();
  SteadyTime write_deadline_ = SteadyTime::max();
  SteadyTime armed_until_ = SteadyTime::max();
  bool timed_out_ = false;
};

}  // namespace karv::net
