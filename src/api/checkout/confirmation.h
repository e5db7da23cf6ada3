// From "the shopper confirms" to "approved or not": obtain the card, make the purchase's token, decide, hold, finish.
//
// Each step that needs the vault is a Call between two transactions, so no worker waits for the card network. The
// browser flow and the sandbox helper both end here; they differ in where the card comes from and in how they answer.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "api/services.h"
#include "net/http.h"
#include "orders/authorization_service.h"
#include "rails/types.h"

namespace karv::api::checkout {

struct TicketCard {
  std::string ticket;  // a filled card form
};
struct TestCard {
  std::string name;  // sandbox mode only
};
struct SavedCard {
  rails::CustomerCardId card_id;
};
using CardSource = std::variant<std::monostate, TicketCard, TestCard, SavedCard>;

struct ConfirmRequest {
  // Set when the same decision may be sent twice: the second one then finds the first (find_confirmed).
  std::optional<orders::AuthorizationId> authorization_id;
  identity::PaymentSessionId session_id;
  identity::CustomerId customer_id;
  identity::Email email;
  credit::Plan plan = credit::Plan::pay_now;
  std::string terms_hash;
  CardSource card;
};

// How it ended. An authorization that is approved or refused; or the error that stopped it.
using Confirmed = std::function<net::Reply(base::Result<orders::Authorization>)>;

// Effects: see orders/authorization_service.h. `confirmed` is called once, on a worker.
net::Reply confirm(const Services& services, std::shared_ptr<const identity::Merchant> merchant, ConfirmRequest request,
                   Confirmed confirmed);

}  // namespace karv::api::checkout
