// Short messages between the servers of one database: which account page should look again, which cache is old.
//
//   auto news = store::open_news(address, [&](std::string_view text) { feed.hear(text); });
//   tx.after_commit([&] { news->tell("..."); });
//
// At most once and in no order: who misses one must lose nothing but time. Nothing personal travels here. The embedded
// engine has one server: telling is hearing. PostgreSQL: LISTEN and NOTIFY, on a connection and a thread of their own,
// because a NOTIFY inside the payments' transactions would make them wait for each other.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace karv::store {

class News {
 public:
  // Called on the thread that tells, or on the news' own. Empty text: some may have been missed (a lost connection).
  using Hear = std::function<void(std::string_view text)>;
  static constexpr std::size_t kMaxText = 200;

  virtual ~News() = default;
  // Heard by every server, by this one before tell() returns. Never waits; what does not fit into the queue is dropped.
  // Pre: at most kMaxText bytes, no line break.
  virtual void tell(std::string_view text) = 0;
};

// One server: what is told is heard here.
class LocalNews final : public News {
 public:
  explicit LocalNews(Hear hear) : hear_(std::move(hear)) {}
  void tell(std::string_view text) override { hear_(text); }

 private:
  const Hear hear_;
};

}  // namespace karv::store
