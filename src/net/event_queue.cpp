#include "net/event_queue.h"

namespace karv::net {

bool EventQueue::push(std::string text) {
  bool taken = false;
  {
    const base::Lock lock(mutex_);
    if (closed_) return false;
    taken = count_ < limit_;
    if (taken) {
      ++count_;
      gathered_.append(text);
    } else {
      closed_ = true;
      gathered_.clear();
    }
  }
  wake_();
  return taken;
}

void EventQueue::close() {
  {
    const base::Lock lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  wake_();
}

std::optional<std::string> EventQueue::take() {
  const base::Lock lock(mutex_);
  if (closed_ && gathered_.empty()) return std::nullopt;
  std::string out;
  out.swap(gathered_);
  count_ = 0;
  return out;
}

bool QueueSink::push(std::string_view event, std::string_view data) {
  auto text = render_event(event, data);
  return text && queue_->push(*std::move(text));
}

std::optional<std::string> render_event(std::string_view event, std::string_view data) {
  if (event.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return std::nullopt;
  std::string out;
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  return out.append("\n");
}

}  // namespace karv::net
