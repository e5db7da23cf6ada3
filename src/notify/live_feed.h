// News for customers who are looking at their account right now: "something about this order changed; read it again".
//
// Nothing personal or financial travels here, only which order to read. Publish from Tx::after_commit. A sink that is
// full or gone is dropped: its page connects again and reads everything, so no news needs to be kept. Bounded: so many
// sinks per customer and in all. Several servers share their news through the database: publishing tells the others
// (share_through), hear() passes on what they told.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "identity/types.h"

namespace karv::notify {

// One open page. Implemented over net's event stream where the servers are wired.
class FeedSink {
 public:
  virtual ~FeedSink() = default;
  // False once the page is gone or does not keep up.
  virtual bool push(std::string_view event, std::string_view data) = 0;
};

class LiveFeed {
 public:
  struct Limits {
    std::size_t sinks_per_customer = 8;
    std::size_t sinks = 10'000;
  };
  LiveFeed() = default;
  explicit LiveFeed(Limits limits) : limits_(limits) {}

  // False when there are too many; the oldest of the same customer gives way first.
  bool subscribe(identity::CustomerId customer, std::shared_ptr<FeedSink> sink) KARV_EXCLUDES(mutex_);
  // Tells every open page of the customer. `order_id`: an id in text form.
  void publish_changed(identity::CustomerId customer, std::string_view order_id) KARV_EXCLUDES(mutex_);
  // What this server publishes is handed to `tell`; what other servers told comes in by hear(). Before the first
  // publish.
  void share_through(std::function<void(std::string_view text)> tell) { tell_ = std::move(tell); }
  // A text that tell was handed on some server; empty: some were missed, so every page looks again.
  void hear(std::string_view text) KARV_EXCLUDES(mutex_);
  // Finds out which pages are gone by sending all of them a `ping`, and drops those. Run now and then by a job.
  void sweep() KARV_EXCLUDES(mutex_);
  // Ends all pages of a customer (signed out everywhere, erased).
  void close_all(identity::CustomerId customer) KARV_EXCLUDES(mutex_);
  std::size_t size() const KARV_EXCLUDES(mutex_);

 private:
  void push_changed(identity::CustomerId customer, std::string_view order_id) KARV_EXCLUDES(mutex_);
  std::vector<identity::CustomerId> everybody() const KARV_EXCLUDES(mutex_);
  bool try_subscribe(identity::CustomerId customer, const std::shared_ptr<FeedSink>& sink) KARV_EXCLUDES(mutex_);
  void push_to(identity::CustomerId customer, std::string_view event, std::string_view data) KARV_EXCLUDES(mutex_);
  void drop(identity::CustomerId customer, const std::vector<const FeedSink*>& gone) KARV_EXCLUDES(mutex_);

  const Limits limits_{};
  std::function<void(std::string_view)> tell_;
  mutable base::Mutex mutex_;
  std::unordered_map<identity::CustomerId, std::vector<std::shared_ptr<FeedSink>>> sinks_ KARV_GUARDED_BY(mutex_);
  std::size_t count_ KARV_GUARDED_BY(mutex_) = 0;
};

}  // namespace karv::notify
