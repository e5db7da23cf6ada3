// What one connection of the load generator does over and over: a read, a post, or the calls of a purchase in order.
// Used by load/main.cpp. Not a client library: it knows the few members that the next call needs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "net/http.h"

namespace karv::bench {

// What a purchase has learned so far.
struct Shopper {
  std::int64_t number = 0;  // of the round
  std::string email;        // a new one for each purchase: nobody runs into the limits on one shopper
  std::string session_id, authorization_token, order_id;
};

struct Step {
  std::string name;
  int expected_status = 200;
  std::function<net::OutboundRequest(const Shopper&)> request;
  // False when the answer lacks what the next step needs.
  std::function<bool(Shopper&, const net::Response&)> learn;
};
using Script = std::vector<Step>;

struct PurchaseKind {
  std::string category = "pay_later";
  std::string test_card = "approve";
};

Script read_script(const std::string& path);
// The bodies in turn, one in each round. `answer`: what stands in every answer.
Script post_script(const std::string& path, std::vector<std::string> bodies, const std::string& answer);
// Create session, authorize through the sandbox helper, place the order, capture it.
Script purchase_script(const PurchaseKind& kind);
// Create session, authorize with the test card that is never answered. The authorization's answer is a refusal.
Script hang_script();

}  // namespace karv::bench
