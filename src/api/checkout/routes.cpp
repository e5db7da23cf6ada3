#include "api/checkout/routes.h"

#include "api/answers.h"
#include "api/card_json.h"
#include "api/checkout/confirmation.h"
#include "api/checkout/session_json.h"
#include "api/checkout/terms_page.h"
#include "api/checkout/visitor.h"
#include "api/errors.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "json/decode.h"
#include "json/writer.h"
#include "orders/account_service.h"
#include "orders/repository.h"
#include "rails/vault_calls.h"

namespace karv::api::checkout {
namespace {

using base::ErrorCode;
using base::Result;
using net::Reply;

Result<Reply> get_session(const Services& services, const Visitor& visitor, const net::Request&) {
  return Reply(json_answer(session_json(services, visitor)));
}

// The shop's page hands over who buys; what is bought was agreed between the servers and must be the same.
Result<Reply> hand_over(const Services& services, const Visitor& visitor, const net::Request& request) {
  KARV_TRY(auto body, json::decode<orders::PurchaseRequest>(request.body));
  const auto& session = visitor.session;
  const bool amount_differs = body.order_amount && *body.order_amount != session.order_amount;
  const bool currency_differs = body.purchase_currency && *body.purchase_currency != session.purchase_currency;
  if (amount_differs || currency_differs)
    return base::public_error(ErrorCode::not_matching, "The purchase differs from the one the shop's server opened.",
                              "PURCHASE_DIFFERS");
  orders::PurchaseRequest details;
  details.billing_address = std::move(body.billing_address);
  details.shipping_address = std::move(body.shipping_address);
  details.customer = std::move(body.customer);
  if (!details.billing_address && !details.shipping_address && !details.customer) return Reply(no_content());
  KARV_TRY(auto changed, orders::change_session(services.database, services.orders, session.merchant_id,
                                                session.session_id, details));
  KARV_REQUIRE(changed.session_id == session.session_id);
  return Reply(no_content());
}

struct IdentifyRequest {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(IdentifyRequest, (), (email))

Result<Reply> identify(const Services& services, const Visitor& visitor, const net::Request& request) {
  KARV_TRY(auto body, json::decode<IdentifyRequest>(request.body));
  KARV_TRY(auto email, read_email(body.email));
  const identity::CodeRequest code{identity::CodeScope::checkout(visitor.session.session_id), email, request.peer,
                                   identity::language_of_locale(visitor.session.locale), visitor.merchant->name};
  KARV_TRY_VOID(services.database.write<void>("identify", [&](store::Tx& tx) -> Result<void> {
    KARV_TRY(auto mail, identity::issue_code(tx, services.orders.identity, code));
    return mail ? notify::enqueue_mail(tx, services.orders.mail, *mail) : Result<void>{};
  }));
  return Reply(no_content());
}

struct VerifyRequest {
  std::string email, code;
};
BOOST_DESCRIBE_STRUCT(VerifyRequest, (), (email, code))

std::string identity_json(const identity::SessionGrant& grant, const std::vector<rails::CustomerCard>& cards) {
  json::Writer out;
  out.begin_object().member("identity_token", grant.session_token.expose_text()).member("saved_cards").begin_array();
  for (const auto& card : cards) write_card(out, card);
  out.end_array().end_object();
  return std::move(out).take();
}

Result<Reply> verify(const Services& services, const Visitor& visitor, const net::Request& request) {
  KARV_TRY(auto body, json::decode<VerifyRequest>(request.body));
  KARV_TRY(auto email, read_email(body.email));
  KARV_TRY(auto signed_in, services.database.write<identity::SignIn>("identify_verify", [&](store::Tx& tx) {
    return identity::sign_in(tx, services.orders.identity, identity::CodeScope::checkout(visitor.session.session_id),
                             email, body.code);
  }));
  if (!signed_in.grant)
    return Reply(
        problem(request, identity::refusal_of(signed_in.check), "attempts_left", signed_in.check.attempts_left));
  KARV_TRY(auto cards, services.database.read<std::vector<rails::CustomerCard>>("saved_cards", [&](store::ReadTx& tx) {
    return orders::list_cards(tx, signed_in.grant->customer.customer_id);
  }));
  return Reply(json_answer(identity_json(*signed_in.grant, cards)));
}

Result<Reply> card_ticket(const Services& services, const Visitor& visitor, const net::Request& request) {
  KARV_TRY(auto shopper, find_shopper(services, request, visitor));
  std::vector<std::string> ancestors{services.base_url};
  ancestors.insert(ancestors.end(), visitor.merchant->origins.begin(), visitor.merchant->origins.end());
  return ticket_reply(request, shopper.customer_id, std::move(ancestors), services.base_url);
}

struct ChosenCard {
  std::optional<std::string> ticket, card_id;
};
BOOST_DESCRIBE_STRUCT(ChosenCard, (), (ticket, card_id))
struct ConfirmBody {
  std::string plan, terms_hash;
  std::optional<ChosenCard> card;
};
BOOST_DESCRIBE_STRUCT(ConfirmBody, (), (plan, terms_hash, card))

std::string_view refusal_message(std::string_view code) {
  if (code == "CARD_INSUFFICIENT_FUNDS")
    return "The card's bank says there is not enough money on it. Try another card.";
  if (code == "CARD_EXPIRED") return "The card's bank says it has expired. Try another card.";
  if (code == "CARD_DECLINED") return "The card's bank did not accept the payment. Try another card.";
  if (code == "CARD_UNREACHABLE")
    return "The card's bank did not answer. Nothing was paid; try again or use another card.";
  if (code == "EXPIRED") return "This took too long and nothing was paid. Try again.";
  return "We cannot offer this right now. You can ask for a person to look at this decision.";
}

net::Response confirmed_answer(const Services& services, const orders::Authorization& authorization) {
  const bool approved = authorization.state == orders::AuthorizationState::approved ||
                        authorization.state == orders::AuthorizationState::spent;
  json::Writer out;
  out.begin_object().member("approved", approved);
  if (approved) {
    out.member("authorization_token", services.orders.tokens.authorization_token(authorization.authorization_id))
        .member("finalize_required", false);
  } else {
    // One that ended some other way than by a refusal was given up: nothing was paid, and it may be tried again.
    const bool refused = authorization.state == orders::AuthorizationState::refused;
    const std::string code = authorization.refusal.value_or(refused ? "REFUSED" : "EXPIRED");
    out.member("show_form", code != "REFUSED")
        .member("error")
        .begin_object()
        .member("code", code)
        .member("message", refusal_message(code))
        .end_object();
  }
  out.end_object();
  return json_answer(std::move(out).take());
}

// The same decision, sent twice, is one authorization: its id follows from the session, the shopper and the page's
// intent. The time part is the session's, so that the id still falls near the right edge of the index.
std::optional<orders::AuthorizationId> id_of_intent(const Visitor& visitor, const Shopper& shopper,
                                                    const net::Request& request) {
  const auto intent = request.headers.find("Idempotency-Key");
  if (intent.empty() || intent.size() > 255) return std::nullopt;
  const auto& session = visitor.session.session_id;
  const auto digest =
      crypto::sha256(crypto::framed({session.view(), shopper.customer_id.view(), base::as_bytes(intent)}));
  base::Uuid uuid = session.uuid();
  std::copy_n(digest.begin(), 10, uuid.begin() + 6);
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | 0x70);
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);
  return orders::AuthorizationId(uuid);
}

Result<std::optional<orders::Authorization>> find_confirmed(const Services& services,
                                                            const std::optional<orders::AuthorizationId>& id) {
  using Found = std::optional<orders::Authorization>;
  if (!id) return Found{};
  return services.database.read<Found>("find_confirmed", [&](store::ReadTx& tx) -> Result<Found> {
    KARV_TRY(auto rows, tx.read({orders::find_authorization(*id)}));
    return orders::read_authorization(rows[0]);
  });
}

Result<CardSource> source_of(const std::optional<ChosenCard>& card) {
  if (!card) return CardSource{};
  if (card->ticket.has_value() == card->card_id.has_value())
    return base::public_error(ErrorCode::bad_value, "Name a ticket or a card, not both.", "BAD_VALUE");
  if (card->ticket) return CardSource{TicketCard{*card->ticket}};
  const auto id = rails::CustomerCardId::parse(*card->card_id);
  if (!id) return base::public_error(ErrorCode::bad_value, "The card id is malformed.", "BAD_VALUE");
  return CardSource{SavedCard{*id}};
}

Result<Reply> confirm_purchase(const Services& services, const Visitor& visitor, const net::Request& request) {
  KARV_TRY(auto shopper, find_shopper(services, request, visitor));
  KARV_TRY(auto body, json::decode<ConfirmBody>(request.body));
  const auto plan = credit::plan_from(body.plan);
  if (!plan) return base::public_error(ErrorCode::bad_value, "There is no such plan.", "PLAN_UNKNOWN");
  KARV_TRY(auto source, source_of(body.card));
  const auto id = id_of_intent(visitor, shopper, request);
  KARV_TRY(auto earlier, find_confirmed(services, id));
  if (earlier) {
    if (earlier->state == orders::AuthorizationState::pending_card)
      return base::public_error(ErrorCode::conflict, "This confirmation is being handled.", "IN_PROGRESS");
    return Reply(confirmed_answer(services, *earlier));
  }
  return confirm(services, visitor.merchant,
                 {.authorization_id = id,
                  .session_id = visitor.session.session_id,
                  .customer_id = shopper.customer_id,
                  .email = shopper.email,
                  .plan = *plan,
                  .terms_hash = body.terms_hash,
                  .card = std::move(source)},
                 [&services, &request](Result<orders::Authorization> ended) -> Reply {
                   if (!ended.ok()) return problem(request, ended.error());
                   return confirmed_answer(services, *ended);
                 });
}

}  // namespace

void add_routes(net::Router& router, const Services& services) {
  using net::Method;
  router.add(Method::get, "/checkout/v1/session", door(services, get_session));
  router.add(Method::post, "/checkout/v1/session", door(services, hand_over));
  router.add(Method::post, "/checkout/v1/identify", door(services, identify));
  router.add(Method::post, "/checkout/v1/identify/verify", door(services, verify));
  router.add(Method::post, "/checkout/v1/card-ticket", door(services, card_ticket));
  router.add(Method::post, "/checkout/v1/confirm", door(services, confirm_purchase));
  router.add(Method::get, "/checkout/v1/terms/:plan",
             [](const net::Request& request) -> Reply { return terms_page(request); });
  router.set_fallback("/checkout/v1", problem_fallback);
}

}  // namespace karv::api::checkout
