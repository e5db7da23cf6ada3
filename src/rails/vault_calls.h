// The server's calls to the vault: what to ask, and how to read the answer. Pure; nothing here talks to anybody.
//
// Every token of a purchase is bound to its customer, merchant and agreement (the authorization's id). Its cap is twice
// the amount: an expired hold is charged anew, and both count.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "rails/service.h"
#include "rails/types.h"
#include "vault_api/client.h"

namespace karv::rails {

// A card as the vault handed it over: the customer's own, from which a purchase's token is derived.
struct CollectedCard {
  std::string vault_token;
  CardFace face;
  std::string fingerprint;
};

// The ticket for a card form, framed by `parent_origin` inside `frame_ancestors`.
net::OutboundRequest ticket_request(identity::CustomerId customer, std::vector<std::string> frame_ancestors,
                                    std::string parent_origin);
base::Result<vault_api::TicketAnswer> read_ticket(const net::CallOutcome& outcome);

net::OutboundRequest collect_request(std::string ticket, identity::CustomerId customer);
// Sandbox mode: a documented test card by name, as if it had been typed.
net::OutboundRequest test_card_request(std::string name, identity::CustomerId customer);
// Errors: gone or not_found (ticket), unavailable.
base::Result<CollectedCard> read_card(const net::CallOutcome& outcome);

struct PurchaseScope {
  base::Uuid purchase{};
  identity::CustomerId customer_id;
  identity::MerchantId merchant_id;
  money::Money amount;
  bool installments = false;  // later charges follow
};
net::OutboundRequest purchase_token_request(const std::string& saved_token, const PurchaseScope& scope,
                                            base::Instant business_now);
base::Result<std::string> read_derived(const net::CallOutcome& outcome);

// Errors of the answers below are outcomes too: what did not reach the vault or the card network is skipped, what the
// vault refused is declined (without a response code); of what may have happened nothing is concluded (missed).
net::OutboundRequest operation_request(const CardOperation& operation, base::Instant business_now);
Outcome read_outcome(const net::CallOutcome& outcome);
// Asks how a hold or charge ended; one that never came to the vault is barred by the question.
net::OutboundRequest bar_request(const CardOperation& operation);

// The refund of a part goes out under a token made for it alone. For job threads.
net::OutboundRequest refund_token_request(const CardOperation& refund, base::Instant business_now);

}  // namespace karv::rails
