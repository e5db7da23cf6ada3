#include "api/customer/payments.h"

#include <algorithm>

#include "api/errors.h"
#include "audit/record.h"
#include "json/decode.h"
#include "orders/account_service.h"
#include "orders/authorization_service.h"
#include "orders/payment_service.h"
#include "rails/vault_calls.h"

namespace karv::api::customer {
namespace {

using base::ErrorCode;
using base::Result;
using net::Reply;

struct PayBody {
  std::optional<std::string> card_id;
};
BOOST_DESCRIBE_STRUCT(PayBody, (), (card_id))

// A card chosen for the payment, with the token that binds it to the purchase.
struct ChosenCard {
  base::Uuid purchase{};
  std::string vault_token;
  rails::CardFace face;
};

net::Response status_answer(std::string_view status) {
  return {200,
          {{"Content-Type", "application/json"}},
          std::string(R"({"status":")") + std::string(status) + R"("})",
          false};
}

base::Error card_error(const rails::CardOperation& charge) {
  return base::public_error(ErrorCode::declined, "The card's bank did not accept the payment. Nothing was paid.",
                            orders::card_refusal(charge));
}

Reply finish(const Services& services, const net::Request& request, rails::CardOperationId charge,
             const net::CallOutcome& outcome) {
  const auto settled = services.database.write<rails::CardOperation>("finish_installment", [&](store::Tx& tx) {
    return orders::settle_installment_payment(tx, services.orders, {charge, rails::read_outcome(outcome)});
  });
  if (!settled.ok()) return problem(request, settled.error());
  if (settled->state == rails::OperationState::intended) return status_answer("processing");  // the answer was lost
  if (settled->state != rails::OperationState::approved) return problem(request, card_error(*settled));
  return status_answer("paid");
}

audit::Record record_of(const Services& services, const net::Request& request, identity::CustomerId customer,
                        credit::InstallmentId installment) {
  const auto& context = services.orders;
  return {.id = base::make_id<audit::RecordTag>(context.wall, context.random),
          .actor = {audit::ActorKind::customer, customer.text()},
          .action = "payment_asked",
          .subject = {"installment", installment.text()},
          .reason = {},
          .business_time = context.business.now(),
          .wall_time = context.wall.now(),
          .correlation_id = request.correlation_id,
          .details = "{}"};
}

// What a payment that cannot start means to the shopper: it may simply have happened already.
Result<Reply> already(const Services& services, credit::InstallmentId id, base::Error refusal) {
  if (refusal.code() != ErrorCode::not_allowed) return refusal;
  KARV_TRY(auto installment, services.database.read<credit::Installment>(
                                 "installment", [&](store::ReadTx& tx) { return credit::get_installment(tx, id); }));
  if (installment.state == credit::InstallmentState::paid) return Reply(status_answer("paid"));
  if (installment.state == credit::InstallmentState::processing) return Reply(status_answer("processing"));
  return refusal;
}

Result<Reply> charge(const Services& services, identity::CustomerId customer, const net::Request& request,
                     credit::InstallmentId id, const std::optional<ChosenCard>& card) {
  auto started = services.database.write<rails::CardOperation>(
      "start_installment", [&](store::Tx& tx) -> Result<rails::CardOperation> {
        audit::append(tx, record_of(services, request, customer, id));
        if (card)
          KARV_TRY_VOID(
              orders::put_card_under(tx, services.orders, customer, card->purchase, card->vault_token, card->face));
        return orders::start_installment_payment(tx, services.orders, {id, customer});
      });
  if (!started.ok()) return already(services, id, std::move(started).error());
  return net::call(rails::operation_request(*started, services.orders.business.now()), vault_api::kCardLimit,
                   [&services, &request, operation = started->operation_id](const net::CallOutcome& outcome) {
                     return finish(services, request, operation, outcome);
                   });
}

struct Wanted {
  credit::Agreement agreement;
  rails::CustomerCard card;
};

// The saved card and the agreement it is to pay. Errors: not_found for what is not this customer's.
Result<Wanted> find_wanted(const Services& services, identity::CustomerId customer, credit::InstallmentId id,
                           rails::CustomerCardId card_id) {
  return services.database.read<Wanted>("wanted_card", [&](store::ReadTx& tx) -> Result<Wanted> {
    KARV_TRY(auto agreement, credit::get_agreement_of_installment(tx, id));
    KARV_TRY(auto cards, orders::list_cards(tx, customer));
    const auto card = std::ranges::find(cards, card_id, &rails::CustomerCard::card_id);
    if (agreement.customer_id != customer || card == cards.end()) return base::Error(ErrorCode::not_found);
    return Wanted{std::move(agreement), std::move(*card)};
  });
}

Result<Reply> charge_with(const Services& services, identity::CustomerId customer, const net::Request& request,
                          credit::InstallmentId id, const std::string& card_text) {
  const auto card_id = rails::CustomerCardId::parse(card_text);
  if (!card_id) return base::Error(ErrorCode::not_found);
  KARV_TRY(auto wanted, find_wanted(services, customer, id, *card_id));
  const rails::PurchaseScope scope{.purchase = wanted.agreement.authorization,
                                   .customer_id = customer,
                                   .merchant_id = wanted.agreement.merchant_id,
                                   .amount = wanted.agreement.amount,
                                   .installments = true};
  return net::call(
      rails::purchase_token_request(wanted.card.saved_token, scope, services.orders.business.now()), vault_api::kLimit,
      [&services, &request, customer, id, purchase = wanted.agreement.authorization,
       face = wanted.card.face](const net::CallOutcome& outcome) -> Reply {
        auto token = rails::read_derived(outcome);
        if (!token.ok()) return problem(request, token.error());
        auto reply = charge(services, customer, request, id, ChosenCard{purchase, std::move(token).value(), face});
        if (!reply.ok()) return problem(request, reply.error());
        return std::move(reply).value();
      });
}

}  // namespace

Result<Reply> pay_installment(const Services& services, const identity::CustomerPrincipal& customer,
                              const net::Request& request) {
  const auto id = credit::InstallmentId::parse(request.parameter("installment_id"));
  if (!id) return base::Error(ErrorCode::not_found);
  PayBody body;
  if (!request.body.empty()) {
    KARV_TRY(body, json::decode<PayBody>(request.body));
  }
  if (body.card_id) return charge_with(services, customer.customer_id, request, *id, *body.card_id);
  return charge(services, customer.customer_id, request, *id, std::nullopt);
}

}  // namespace karv::api::customer
