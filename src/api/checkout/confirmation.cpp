#include "api/checkout/confirmation.h"

#include <algorithm>

#include "base/check.h"
#include "orders/account_service.h"
#include "orders/repository.h"
#include "orders/session_service.h"
#include "rails/vault_calls.h"

namespace karv::api::checkout {
namespace {

using base::ErrorCode;
using base::Result;
using net::Reply;

// One confirmation under way; the steps hand it on.
struct Confirming {
  const Services& services;
  std::shared_ptr<const identity::Merchant> merchant;
  ConfirmRequest request;
  Confirmed confirmed;
  orders::AuthorizationId authorization_id;
  std::optional<rails::CollectedCard> new_card;  // to be kept when installments follow
};
using Shared = std::shared_ptr<Confirming>;

bool has_installments(const Confirming& confirming) { return confirming.request.plan == credit::Plan::pay_in_3; }

// The last step: what the card network said is recorded, and the shopper is answered.
Reply finish(const Shared& self, rails::CardOperationId hold, const net::CallOutcome& outcome) {
  const auto& services = self->services;
  return self->confirmed(services.database.write<orders::Authorization>(
      "finish_authorization", [&](store::Tx& tx) -> Result<orders::Authorization> {
        KARV_TRY(auto settled, rails::settle(tx, services.orders.rails(), hold, rails::read_outcome(outcome)));
        KARV_TRY(auto authorization, orders::finish_authorization(tx, services.orders, settled));
        const bool approved = authorization.state == orders::AuthorizationState::approved;
        if (approved && has_installments(*self) && self->new_card) {
          KARV_TRY(auto kept,
                   orders::keep_card(tx, services.orders, self->request.customer_id, self->new_card->vault_token,
                                     self->new_card->face, self->new_card->fingerprint));
          KARV_REQUIRE(kept.active);
        }
        return authorization;
      }));
}

Reply decide(const Shared& self, std::optional<orders::ChosenCard> card) {
  const auto& services = self->services;
  auto step = services.database.write<orders::Authorizing>("start_authorization", [&](store::Tx& tx) {
    return orders::start_authorization(tx, services.orders,
                                       {.authorization_id = self->authorization_id,
                                        .session_id = self->request.session_id,
                                        .customer_id = self->request.customer_id,
                                        .email = self->request.email,
                                        .merchant = *self->merchant,
                                        .plan = self->request.plan,
                                        .terms_hash = self->request.terms_hash,
                                        .card = card});
  });
  if (!step.ok()) return self->confirmed(std::move(step).error());
  if (!step->hold) return self->confirmed(std::move(step->authorization));
  return net::call(
      rails::operation_request(*step->hold, services.orders.business.now()), vault_api::kCardLimit,
      [self, hold = step->hold->operation_id](const net::CallOutcome& outcome) { return finish(self, hold, outcome); });
}

// The session's amount, for the cap of the token.
Result<money::Money> amount_of(const Confirming& confirming) {
  return confirming.services.database.read<money::Money>(
      "session_amount", [&](store::ReadTx& tx) -> Result<money::Money> {
        KARV_TRY(auto rows, tx.read({orders::find_session(confirming.request.session_id)}));
        const auto session = orders::read_session(rows[0]);
        if (!session) return orders::no_such_session();
        const auto currency = money::Currency::parse(session->purchase_currency);
        KARV_REQUIRE(currency.has_value());
        return money::Money{session->order_amount, *currency};
      });
}

// Makes the token that only this purchase can use, then decides.
Reply derive(const Shared& self, const std::string& saved_token, rails::CardFace face) {
  auto amount = amount_of(*self);
  if (!amount.ok()) return self->confirmed(std::move(amount).error());
  const rails::PurchaseScope scope{.purchase = self->authorization_id.uuid(),
                                   .customer_id = self->request.customer_id,
                                   .merchant_id = self->merchant->merchant_id,
                                   .amount = *amount,
                                   .installments = has_installments(*self)};
  return net::call(rails::purchase_token_request(saved_token, scope, self->services.orders.business.now()),
                   vault_api::kLimit, [self, face = std::move(face)](const net::CallOutcome& outcome) -> Reply {
                     auto token = rails::read_derived(outcome);
                     if (!token.ok()) return self->confirmed(std::move(token).error());
                     return decide(self, orders::ChosenCard{std::move(token).value(), face});
                   });
}

Reply collect(const Shared& self, net::OutboundRequest request) {
  return net::call(std::move(request), vault_api::kLimit, [self](const net::CallOutcome& outcome) -> Reply {
    auto card = rails::read_card(outcome);
    if (!card.ok()) return self->confirmed(std::move(card).error());
    self->new_card = std::move(card).value();
    return derive(self, self->new_card->vault_token, self->new_card->face);
  });
}

Reply use_saved(const Shared& self, rails::CustomerCardId id) {
  auto cards = self->services.database.read<std::vector<rails::CustomerCard>>(
      "saved_cards", [&](store::ReadTx& tx) { return orders::list_cards(tx, self->request.customer_id); });
  if (!cards.ok()) return self->confirmed(std::move(cards).error());
  const auto card = std::ranges::find(*cards, id, &rails::CustomerCard::card_id);
  if (card == cards->end())
    return self->confirmed(
        base::public_error(ErrorCode::not_found, "There is no saved card with this id.", "CARD_UNKNOWN"));
  return derive(self, card->saved_token, card->face);
}

}  // namespace

Reply confirm(const Services& services, std::shared_ptr<const identity::Merchant> merchant, ConfirmRequest request,
              Confirmed confirmed) {
  const auto id = request.authorization_id.value_or(
      base::make_id<orders::AuthorizationTag>(services.orders.wall, services.orders.random));
  auto self = std::make_shared<Confirming>(
      Confirming{services, std::move(merchant), std::move(request), std::move(confirmed), id, std::nullopt});
  const auto& card = self->request.card;
  if (!credit::definition_of(self->request.plan).needs_card) return decide(self, std::nullopt);
  if (const auto* typed = std::get_if<TicketCard>(&card))
    return collect(self, rails::collect_request(typed->ticket, self->request.customer_id));
  if (const auto* test = std::get_if<TestCard>(&card))
    return collect(self, rails::test_card_request(test->name, self->request.customer_id));
  if (const auto* saved = std::get_if<SavedCard>(&card)) return use_saved(self, saved->card_id);
  return decide(self, std::nullopt);  // answers what is missing
}

}  // namespace karv::api::checkout
