#include "notify/live_feed.h"

#include <algorithm>
#include <string>
#include <utility>

namespace karv::notify {
namespace {

constexpr std::size_t kIdText = 36;

}  // namespace

bool LiveFeed::subscribe(identity::CustomerId customer, std::shared_ptr<FeedSink> sink) {
  if (try_subscribe(customer, sink)) return true;
  sweep();
  return try_subscribe(customer, sink);
}

bool LiveFeed::try_subscribe(identity::CustomerId customer, const std::shared_ptr<FeedSink>& sink) {
  std::shared_ptr<FeedSink> replaced;  // closed after the lock is gone: its destructor is not ours
  const base::Lock lock(mutex_);
  const auto found = sinks_.find(customer);
  const bool customer_is_full = found != sinks_.end() && found->second.size() >= limits_.sinks_per_customer;
  if (!customer_is_full && count_ >= limits_.sinks) return false;
  auto& open = sinks_[customer];
  if (customer_is_full) {
    replaced = std::move(open.front());
    open.erase(open.begin());
    --count_;
  }
  open.push_back(sink);
  ++count_;
  return true;
}

void LiveFeed::push_to(identity::CustomerId customer, std::string_view event, std::string_view data) {
  std::vector<std::shared_ptr<FeedSink>> open;
  {
    const base::Lock lock(mutex_);
    const auto found = sinks_.find(customer);
    if (found == sinks_.end()) return;
    open = found->second;
  }
  std::vector<const FeedSink*> gone;
  for (const auto& sink : open)
    if (!sink->push(event, data)) gone.push_back(sink.get());
  if (!gone.empty()) drop(customer, gone);
}

void LiveFeed::publish_changed(identity::CustomerId customer, std::string_view order_id) {
  if (tell_) return tell_(customer.text() + std::string(order_id));  // heard here too
  push_changed(customer, order_id);
}

void LiveFeed::hear(std::string_view text) {
  if (text.empty()) {
    for (const auto& customer : everybody()) push_changed(customer, "");
    return;
  }
  const auto customer = identity::CustomerId::parse(text.substr(0, kIdText));
  const auto order_id = text.substr(std::min(text.size(), kIdText));
  // Another program on the same database could say anything.
  if (!customer || (!order_id.empty() && !base::uuid_from_text(order_id))) return;
  push_changed(*customer, order_id);
}

void LiveFeed::push_changed(identity::CustomerId customer, std::string_view order_id) {
  push_to(customer, "changed", "{\"order_id\":\"" + std::string(order_id) + "\"}");
}

std::vector<identity::CustomerId> LiveFeed::everybody() const {
  std::vector<identity::CustomerId> customers;
  const base::Lock lock(mutex_);
  for (const auto& [customer, open] : sinks_) customers.push_back(customer);
  return customers;
}

void LiveFeed::sweep() {
  for (const auto& customer : everybody()) push_to(customer, "ping", "{}");
}

void LiveFeed::drop(identity::CustomerId customer, const std::vector<const FeedSink*>& gone) {
  std::vector<std::shared_ptr<FeedSink>> dropped;
  const base::Lock lock(mutex_);
  const auto found = sinks_.find(customer);
  if (found == sinks_.end()) return;
  auto& open = found->second;
  for (auto& sink : open)
    if (std::ranges::find(gone, sink.get()) != gone.end()) dropped.push_back(std::move(sink));
  std::erase(open, nullptr);
  count_ -= dropped.size();
  if (open.empty()) sinks_.erase(found);
}

void LiveFeed::close_all(identity::CustomerId customer) {
  std::vector<std::shared_ptr<FeedSink>> dropped;
  const base::Lock lock(mutex_);
  const auto found = sinks_.find(customer);
  if (found == sinks_.end()) return;
  dropped = std::move(found->second);
  count_ -= dropped.size();
  sinks_.erase(found);
}

std::size_t LiveFeed::size() const {
  const base::Lock lock(mutex_);
  return count_;
}

}  // namespace karv::notify
