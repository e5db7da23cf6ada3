#include "api/card_json.h"

#include "api/errors.h"
#include "rails/vault_calls.h"

namespace karv::api {

void write_card(json::Writer& out, const rails::CustomerCard& card) {
  out.begin_object()
      .member("card_id", card.card_id.text())
      .member("brand", card.face.brand)
      .member("last4", card.face.last4)
      .member("expiry", card.face.expiry)
      .end_object();
}

net::Reply ticket_reply(const net::Request& request, identity::CustomerId customer, std::vector<std::string> ancestors,
                        const std::string& parent_origin) {
  return net::call(rails::ticket_request(customer, std::move(ancestors), parent_origin), vault_api::kLimit,
                   [&request](const net::CallOutcome& outcome) -> net::Reply {
                     const auto ticket = rails::read_ticket(outcome);
                     if (!ticket.ok()) return problem(request, ticket.error());
                     json::Writer out;
                     out.begin_object()
                         .member("ticket", ticket->ticket)
                         .member("frame_url", ticket->frame_url)
                         .member("expires_at", base::to_rfc3339({ticket->expires_at}))
                         .end_object();
                     return net::Response{200, {{"Content-Type", "application/json"}}, std::move(out).take(), false};
                   });
}

}  // namespace karv::api
