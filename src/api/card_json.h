// What both the checkout and the account say about cards, and the ticket for the vault's card form.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "identity/types.h"
#include "json/writer.h"
#include "net/http.h"
#include "rails/types.h"

namespace karv::api {

// {card_id, brand, last4, expiry}
void write_card(json::Writer& out, const rails::CustomerCard& card);

// Asks the vault for a ticket and answers {ticket, frame_url, expires_at}.
net::Reply ticket_reply(const net::Request& request, identity::CustomerId customer, std::vector<std::string> ancestors,
                        const std::string& parent_origin);

}  // namespace karv::api
