#include "api/customer/cards.h"

#include <algorithm>

#include "api/card_json.h"
#include "api/errors.h"
#include "audit/record.h"
#include "json/decode.h"
#include "orders/account_service.h"
#include "rails/card_endings.h"
#include "rails/vault_calls.h"

namespace karv::api::customer {
namespace {

using base::Result;
using net::Reply;

struct AddCardBody {
  std::string ticket;
  std::optional<std::string> replaces;
};
BOOST_DESCRIBE_STRUCT(AddCardBody, (), (ticket, replaces))

// A card being added; the steps hand it on.
struct Adding {
  const Services& services;
  const net::Request& request;
  identity::CustomerId customer;
  std::optional<rails::CustomerCardId> replaces;
  rails::CollectedCard card;
  std::vector<orders::OpenPurchase> purchases;
  std::vector<std::string> tokens;  // one per purchase so far
};
using Shared = std::shared_ptr<Adding>;

void record(store::Tx& tx, const Services& services, const net::Request& request, identity::CustomerId customer,
            std::string action, rails::CustomerCardId card) {
  const auto& context = services.orders;
  audit::append(tx, {.id = base::make_id<audit::RecordTag>(context.wall, context.random),
                     .actor = {audit::ActorKind::customer, customer.text()},
                     .action = std::move(action),
                     .subject = {"card", card.text()},
                     .reason = {},
                     .business_time = context.business.now(),
                     .wall_time = context.wall.now(),
                     .correlation_id = request.correlation_id,
                     .details = "{}"});
}

Result<void> mail_replaced(store::Tx& tx, const Adding& adding) {
  const auto& context = adding.services.orders;
  KARV_TRY(auto email, identity::get_customer_email(tx, context.identity, adding.customer));
  const auto& face = adding.card.face;
  return notify::enqueue_mail(tx, context.mail,
                              {std::move(email),
                               notify::kCardReplaced,
                               identity::Language::en,
                               {{"card", face.brand + " " + face.last4}, {"account_url", context.account_url()}}});
}

// What the transaction kept, and what it ended.
struct Stored {
  rails::CustomerCard kept;
  std::optional<rails::CardEnding> ending;
};
Result<Stored> store_all(store::Tx& tx, const Adding& adding) {
  const auto& context = adding.services.orders;
  KARV_TRY(auto kept, orders::keep_card(tx, context, adding.customer, adding.card.vault_token, adding.card.face,
                                        adding.card.fingerprint));
  for (std::size_t i = 0; i < adding.purchases.size(); ++i)
    KARV_TRY_VOID(orders::put_card_under(tx, context, adding.customer, adding.purchases[i].purchase, adding.tokens[i],
                                         adding.card.face));
  std::optional<rails::CardEnding> ending;
  if (adding.replaces && *adding.replaces != kept.card_id) {
    KARV_TRY(ending, orders::retire_card(tx, context, adding.customer, *adding.replaces));
  }
  record(tx, adding.services, adding.request, adding.customer, adding.replaces ? "card_replaced" : "card_added",
         kept.card_id);
  if (adding.replaces) KARV_TRY_VOID(mail_replaced(tx, adding));
  tx.after_commit([&feed = context.feed, customer = adding.customer] { feed.publish_changed(customer, ""); });
  return Stored{std::move(kept), std::move(ending)};
}

// The vault ends the card at once; when it does not answer, a job goes on telling it. Either way it is gone here.
Result<Reply> end_at_vault(const Services& services, const rails::CardEnding& ending, net::Response done) {
  KARV_TRY(auto request, services.database.read<net::OutboundRequest>("card_ending_request", [&](store::ReadTx& tx) {
    return rails::ending_request(tx, ending, services.orders.business.now());
  }));
  return Reply(
      net::call(std::move(request), vault_api::kLimit,
                [&services, card = ending.card_id, done = std::move(done)](const net::CallOutcome& outcome) -> Reply {
                  if (!rails::is_ended(outcome)) return done;
                  const auto settled = services.database.write<void>(
                      "settle_card_ending", [&](store::Tx& tx) { return rails::settle_ending(tx, card); });
                  static_cast<void>(settled);  // else the job settles it
                  return done;
                }));
}

Reply finish(const Shared& self) {
  const auto stored =
      self->services.database.write<Stored>("add_card", [&](store::Tx& tx) { return store_all(tx, *self); });
  if (!stored.ok()) return problem(self->request, stored.error());
  json::Writer out;
  write_card(out, stored->kept);
  net::Response done{200, {{"Content-Type", "application/json"}}, std::move(out).take(), false};
  if (!stored->ending) return done;
  auto reply = end_at_vault(self->services, *stored->ending, done);
  return reply.ok() ? std::move(reply).value() : Reply(std::move(done));
}

// The next open purchase gets a token of its own for the new card.
Reply derive_next(const Shared& self) {
  if (self->tokens.size() == self->purchases.size()) return finish(self);
  const auto& purchase = self->purchases[self->tokens.size()];
  const rails::PurchaseScope scope{.purchase = purchase.purchase,
                                   .customer_id = self->customer,
                                   .merchant_id = purchase.merchant_id,
                                   .amount = purchase.amount,
                                   .installments = true};
  return net::call(rails::purchase_token_request(self->card.vault_token, scope, self->services.orders.business.now()),
                   vault_api::kLimit, [self](const net::CallOutcome& outcome) -> Reply {
                     auto token = rails::read_derived(outcome);
                     if (!token.ok()) return problem(self->request, token.error());
                     self->tokens.push_back(std::move(token).value());
                     return derive_next(self);
                   });
}

}  // namespace

Result<Reply> add_card(const Services& services, const identity::CustomerPrincipal& customer,
                       const net::Request& request) {
  KARV_TRY(auto body, json::decode<AddCardBody>(request.body));
  auto self = std::make_shared<Adding>(Adding{services, request, customer.customer_id, std::nullopt, {}, {}, {}});
  if (body.replaces) {
    self->replaces = rails::CustomerCardId::parse(*body.replaces);
    if (!self->replaces) return base::Error(base::ErrorCode::not_found);
  }
  KARV_TRY(self->purchases, services.database.read<std::vector<orders::OpenPurchase>>(
                                "open_purchases", [&](store::ReadTx& tx) -> Result<std::vector<orders::OpenPurchase>> {
                                  KARV_TRY(auto cards, orders::list_cards(tx, customer.customer_id));
                                  if (self->replaces && std::ranges::find(cards, *self->replaces,
                                                                          &rails::CustomerCard::card_id) == cards.end())
                                    return base::Error(base::ErrorCode::not_found);
                                  // Only a replacement moves what is open; a new card is chosen when paying.
                                  if (!self->replaces) return std::vector<orders::OpenPurchase>{};
                                  return orders::open_purchases(tx, customer.customer_id);
                                }));
  return net::call(rails::collect_request(body.ticket, customer.customer_id), vault_api::kLimit,
                   [self](const net::CallOutcome& outcome) -> Reply {
                     auto card = rails::read_card(outcome);
                     if (!card.ok()) return problem(self->request, card.error());
                     self->card = std::move(card).value();
                     return derive_next(self);
                   });
}

Result<Reply> remove_card(const Services& services, const identity::CustomerPrincipal& customer,
                          const net::Request& request) {
  const auto id = rails::CustomerCardId::parse(request.parameter("card_id"));
  if (!id) return base::public_error(base::ErrorCode::not_found, "There is no card with this id.", "NOT_FOUND");
  KARV_TRY(const auto ending,
           services.database.write<rails::CardEnding>("remove_card", [&](store::Tx& tx) -> Result<rails::CardEnding> {
             const auto who = customer.customer_id;
             KARV_TRY(auto ended, orders::retire_card(tx, services.orders, who, *id));
             record(tx, services, request, who, "card_removed", *id);
             tx.after_commit([&feed = services.orders.feed, who] { feed.publish_changed(who, ""); });
             return ended;
           }));
  return end_at_vault(services, ending, net::Response{204, {}, {}, false});
}

}  // namespace karv::api::customer
