// The bounded queue between whoever pushes events (any thread) and the session that writes them. Internal to net.
// Closed by either side: by the last holder of the sink, by the session's end, or because it is full.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "net/http.h"

namespace karv::net {

class EventQueue {
 public:
  EventQueue(std::size_t limit, std::function<void()> wake) : limit_(limit), wake_(std::move(wake)) {}

  bool push(std::string text);
  void close();
  // What has gathered; empty optional when the queue was closed and nothing is left.
  std::optional<std::string> take();

 private:
  const std::size_t limit_;
  const std::function<void()> wake_;
  base::Mutex mutex_;
  std::string gathered_ KARV_GUARDED_BY(mutex_);
  std::size_t count_ KARV_GUARDED_BY(mutex_) = 0;
  bool closed_ KARV_GUARDED_BY(mutex_) = false;
};

// The end that handlers hold.
class QueueSink final : public EventSink {
 public:
  explicit QueueSink(std::shared_ptr<EventQueue> queue) : queue_(std::move(queue)) {}
  ~QueueSink() override { queue_->close(); }
  bool push(std::string_view event, std::string_view data) override;

 private:
  const std::shared_ptr<EventQueue> queue_;
};

// One event as it goes over the wire. Empty when the name holds a line end. Source: HTML Living Standard 9.2.6.
std::optional<std::string> render_event(std::string_view event, std::string_view data);
inline constexpr std::string_view kHeartbeat = ":\n\n";

}  // namespace karv::net
