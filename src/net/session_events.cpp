#include <array>

#include <fmt/format.h>

#include "net/hop.h"
#include "net/session.h"

namespace karv::net {

asio::awaitable<void> Session::stream_events(const http1::RequestHead& head, EventStream stream) {
  const Request& request = head.request;
  Response opening{.status = 200, .headers = std::move(stream.headers), .body = {}};
  if (!opening.headers.has("Content-Type")) opening.headers.add("Content-Type", "text/event-stream");
  const bool chunked = !head.http_1_0;
  const std::string bytes = http1::render_response(opening, {.asked_with = request.method,
                                                             .correlation_id = request.correlation_id,
                                                             .close = true,
                                                             .stream = true,
                                                             .chunked = chunked,
                                                             .hsts = server_->options.hsts});
  const IoResult sent = co_await channel_->write(asio::buffer(bytes), after(server_->options.limits.write));
  if (sent.ec || stopping_ || request.method == Method::head) co_return;

  auto wake = [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self) asio::post(self->executor_, [self] { self->pause_.cancel(); });
  };
  events_ = std::make_shared<EventQueue>(server_->options.limits.max_queued_events, std::move(wake));
  const auto queue = events_;
  auto work = [this, &request, self = shared_from_this(), opened = std::move(stream.opened),
               sink = std::make_shared<QueueSink>(queue)]() mutable -> Reply {
    return guarded(request, [&]() -> Reply {
      opened(std::move(sink));
      return Response{};
    });
  };
  asio::co_spawn(executor_, watch_peer(queue), asio::detached);
  const auto done = co_await on_worker(server_->workers, std::move(work), Admission::bounded);
  if (done && std::get<Response>(*done).status == 200) co_await write_events(*queue, chunked);
  queue->close();
  events_.reset();
}

asio::awaitable<void> Session::write_events(EventQueue& queue, bool chunked) {
  for (;;) {
    auto text = queue.take();
    if (!text) break;
    if (text->empty()) {
      pause_.expires_after(std::chrono::milliseconds(server_->options.limits.heartbeat.ms));
      const auto [woken] = co_await pause_.async_wait(kAwait);
      if (woken) continue;
      text = kHeartbeat;
    }
    const std::string bytes = chunked ? fmt::format("{:x}\r\n{}\r\n", text->size(), *text) : *std::move(text);
    const IoResult sent = co_await channel_->write(asio::buffer(bytes), after(server_->options.limits.write));
    if (sent.ec) co_return;
  }
  static constexpr std::string_view kLastChunk = "0\r\n\r\n";
  if (chunked) co_await channel_->write(asio::buffer(kLastChunk), after(server_->options.limits.write));
}

// The peer of an event stream has nothing more to say: whatever it sends, also its end, ends the stream.
asio::awaitable<void> Session::watch_peer(std::shared_ptr<EventQueue> queue) {
  const auto self = shared_from_this();
  std::array<char, 16> unexpected;
  co_await channel_->read_some(asio::buffer(unexpected), SteadyTime::max());
  queue->close();
}

}  // namespace karv::net
