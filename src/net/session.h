// One connection of a server: requests in, answers out, one after the other. Internal to net.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/channel.h"
#include "net/event_queue.h"
#include "net/http_codec.h"
#include "net/server_impl.h"

namespace karv::net {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Server::Impl> server, std::shared_ptr<Channel> channel, asio::any_io_executor executor);

  void start();
  // From any thread: ends the session when it is between requests, after the answer under way, or at once.
  void stop(bool at_once);

 private:
  struct Refusal {
    base::Error error;
    int status = 0;  // instead of the error's own
  };
  struct Incoming {
    http1::RequestHead head;
    bool closed = false;  // the peer went away: nobody to answer
    std::optional<Refusal> refusal;
  };

  asio::awaitable<void> run();
  asio::awaitable<void> serve();
  // Answers one request; false when the connection is to end.
  asio::awaitable<bool> serve_one();
  asio::awaitable<void> receive(Incoming& in);
  asio::awaitable<void> receive_head(Incoming& in, SteadyTime deadline);
  asio::awaitable<void> receive_body(Incoming& in, SteadyTime deadline);
  asio::awaitable<void> receive_chunks(Incoming& in, SteadyTime deadline);
  asio::awaitable<void> send_continue(Incoming& in);
  asio::awaitable<bool> fill(std::string& into, SteadyTime deadline);
  void take_from_buffer(std::size_t size);
  void fail_read(Incoming& in);

  asio::awaitable<Reply> answer(Request& request);
  asio::awaitable<bool> send(const Request& request, Response& response, bool close);
  asio::awaitable<void> stream_events(const http1::RequestHead& head, EventStream stream);
  asio::awaitable<void> write_events(EventQueue& queue, bool chunked);
  asio::awaitable<void> watch_peer(std::shared_ptr<EventQueue> queue);

  Response error_response(const Request& request, const Refusal& refusal) const;
  Response bug_response(const Request& request, std::string_view what) const;
  Reply guarded(const Request& request, const std::function<Reply()>& work) const;

  const std::shared_ptr<Server::Impl> server_;
  const std::shared_ptr<Channel> channel_;
  const asio::any_io_executor executor_;
  asio::steady_timer pause_;
  std::string buffer_;  // received, not yet consumed
  std::string peer_;
  std::optional<PeerCredentials> peer_credentials_;
  std::string peer_certificate_cn_;
  std::shared_ptr<EventQueue> events_;
  bool idle_ = true;
  bool stopping_ = false;
};

}  // namespace karv::net
