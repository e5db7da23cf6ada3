// What every use case of this module is handed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "credit/service.h"
#include "identity/service.h"
#include "notify/service.h"
#include "orders/dates.h"
#include "orders/tokens.h"
#include "rails/service.h"
#include "risk/service.h"

namespace karv::orders {

struct Context {
  const base::Clock& wall;      // ids, deadlines
  const base::Clock& business;  // what shops and shoppers see
  base::Random& random;
  identity::Sealer& sealer;
  const identity::Context& identity;
  const notify::Context& mail;
  notify::LiveFeed& feed;
  const Tokens& tokens;
  std::string public_url;  // "https://pay.localhost:8443": where shoppers find checkout and account
  bool sandbox = false;    // sandbox e-mail conventions count
  ledger::AccountCache* known_accounts = nullptr;  // saves captures a round trip

  // See credit::Context.
  std::vector<ledger::TransferSpec>* gathered = nullptr;

  // Pre: the country of the purchase, a supported market: its days are counted there.
  credit::Context credit(std::string_view country) const {
    return {wall, business, random, zone_of(country), known_accounts, gathered};
  }
  rails::Context rails() const { return {wall, business, random}; }
  risk::Context risk() const { return {wall, business, random, sandbox}; }
  std::string account_url() const { return public_url + "/account/"; }
  std::string terms_url(credit::Plan plan) const {
    return public_url + "/checkout/v1/terms/" + std::string(credit::name_of(plan));
  }
};

// Tells the customer's open account pages, once the transaction is durable.
inline void publish_after_commit(store::Tx& tx, const Context& context, identity::CustomerId customer, OrderId order) {
  tx.after_commit([&feed = context.feed, customer, text = order.text()] { feed.publish_changed(customer, text); });
}

}  // namespace karv::orders
