// A persistent outbound TLS connection that carries frames: two bytes of length, big-endian, then so many bytes. It is
// opened again after it breaks, at growing intervals. What the frames mean is their owner's business; a frame that was
// taken may still be lost with the connection (on_down says when that could be), so the owner repeats what matters.
// Buffers are wiped: frames carry card numbers.
//
//   auto line = net::FramedClient::create(loop, {.destination = {...}}, {.on_frame = ..., .on_up = ..., .on_down =
//   ...}); line->send(std::move(frame));   // false: not connected, or too much is queued
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/client.h"
#include "net/loop.h"

namespace karv::net {

struct FramedOptions {
  Destination destination;       // name, address, server_name, ca_file, certificate, connect_limit are used
  std::size_t max_frame = 2048;  // longer or empty ones from the peer end the connection
  std::size_t max_queued = 256;
  base::Duration write_limit = base::seconds(5);
  base::Duration idle_limit = base::minutes(2);  // nothing received for so long: the connection counts as dead
  base::Duration first_retry = base::milliseconds(100);
  base::Duration longest_retry = base::seconds(10);
};

// Called on a loop thread, one at a time: they must not block. on_up and on_down alternate.
struct FramedCallbacks {
  std::function<void(base::ByteView)> on_frame;
  std::function<void()> on_up;
  std::function<void()> on_down;
};

class FramedClient {
 public:
  // Errors: unavailable (files unreadable), bad_value (address malformed).
  static base::Result<std::unique_ptr<FramedClient>> create(Loop& loop, FramedOptions options,
                                                            FramedCallbacks callbacks);
  ~FramedClient();  // stops without grace
  FramedClient(const FramedClient&) = delete;
  FramedClient& operator=(const FramedClient&) = delete;

  // From any thread, callbacks included. False when it was not taken: no connection, the queue is full, or the frame is
  // empty or too long. A queue does not outlive its connection.
  bool send(base::SecretBytes frame);
  bool is_up() const;
  // New connections use the certificate files as they are now.
  base::Result<> reload_certificates();
  // Sends what is queued (at most `grace`), says goodbye, and waits until no callback is running. Not from a callback.
  void stop(base::Duration grace);

  struct Impl;

 private:
  explicit FramedClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace karv::net
