#include "orders/authorization_service.h"

#include <algorithm>

#include "base/check.h"
#include "orders/dates.h"
#include "orders/repository.h"
#include "orders/row_codec.h"
#include "orders/session_service.h"
#include "orders/trail.h"
#include "rails/repository.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

money::Money amount_of(const PaymentSession& session) {
  const auto currency = money::Currency::parse(session.purchase_currency);
  KARV_REQUIRE(currency.has_value());
  return money::Money{session.order_amount, *currency};
}

// What is held at confirmation: everything when paying now, otherwise what is due today.
money::Money hold_amount(const credit::Quote& quote) {
  money::Money due{0, quote.total.currency()};
  for (const auto& installment : quote.installments)
    if (installment.due_today) due = money::Money{due.minor() + installment.amount.minor(), due.currency()};
  return due;
}

std::optional<calendar::Date> birth_date(const Details& details) {
  if (!details.customer || !details.customer->date_of_birth) return std::nullopt;
  return calendar::Date::parse(*details.customer->date_of_birth);
}

Authorization made_from(const Confirmation& confirmation, const PaymentSession& session, const Context& context) {
  Authorization made;
  made.authorization_id = confirmation.authorization_id;
  made.session_id = session.session_id;
  made.merchant_id = session.merchant_id;
  made.customer_id = confirmation.customer_id;
  made.plan = confirmation.plan;
  made.terms_hash = confirmation.terms_hash;
  made.order_amount = session.order_amount;
  made.fraud_status = "ACCEPTED";
  made.created_at = context.business.now();
  made.expires_at = made.created_at + kAuthorizationTokenTime;
  return made;
}

// Whether the session still holds the amount, currency and country whose terms the shopper confirmed.
bool is_as_confirmed(const PaymentSession& session, const Authorization& authorization, const Context& context) {
  const auto today = today_in(session.purchase_country, context.business);
  const auto quote = credit::quote(authorization.plan, session.purchase_country, amount_of(session), today);
  return quote.ok() && quote->terms_hash == authorization.terms_hash;
}

// Concludes the agreement and makes the authorization the session's current one.
Result<void> approve(store::Tx& tx, const Context& context, Authorization& authorization, PaymentSession& session) {
  KARV_REQUIRE(authorization.order_amount == session.order_amount);
  KARV_TRY(auto agreement,
           credit::conclude(tx, context.credit(session.purchase_country),
                            {.authorization = authorization.authorization_id.uuid(),
                             .customer_id = authorization.customer_id,
                             .merchant_id = authorization.merchant_id,
                             .plan = authorization.plan,
                             .amount = amount_of(session),
                             .terms_version = std::string(credit::definition_of(authorization.plan).terms_version),
                             .terms_hash = authorization.terms_hash}));
  authorization.state = AuthorizationState::approved;
  authorization.agreement_id = agreement;
  session.authorization_id = authorization.authorization_id;
  session.version += 1;
  update_session(tx, session);
  return {};
}

Result<PaymentSession> open_session(store::Tx& tx, const Context& context, PaymentSessionId id) {
  KARV_TRY(auto rows, tx.read_for_update({find_session(id)}));
  auto session = read_session(rows[0]);
  if (!session || context.business.now() >= session->expires_at) return no_such_session();
  if (session->status == SessionStatus::complete)
    return base::public_error(ErrorCode::not_found, "This purchase was completed already.", "SESSION_COMPLETED");
  return *std::move(session);
}

Result<void> void_previous(store::Tx& tx, const Context& context, PaymentSession& session) {
  if (!session.authorization_id) return {};
  const AuthorizationId previous = *session.authorization_id;
  session.authorization_id.reset();
  return ensure_voided(tx, context, previous);
}

// A session must not go on naming an authorization that has ended.
void take_from_session(store::Tx& tx, PaymentSession& session, AuthorizationId id) {
  if (session.authorization_id != id) return;
  session.authorization_id.reset();
  session.version += 1;
  update_session(tx, session);
}

void note_pending(Authorization& authorization, const risk::Decision& decision, const Context& context) {
  authorization.fraud_status = "PENDING";
  authorization.pending_until = context.business.now() + base::minutes(decision.pend_minutes);
  authorization.pending_accepts = decision.pend_accepts;
}

// What the card network knows the purchase by until there is an order: the random end of the authorization's id.
std::string reference_of(AuthorizationId id) { return id.text().substr(24); }

// Stores the card the purchase is paid with and the intent to hold it.
rails::CardOperation intend_hold(store::Tx& tx, const Context& context, const Confirmation& confirmation,
                                 Authorization& authorization, const money::Money& amount) {
  rails::PurchaseCard card;
  card.purchase = authorization.authorization_id.uuid();
  card.customer_id = authorization.customer_id;
  card.vault_token = confirmation.card->vault_token;
  card.face = confirmation.card->face;
  rails::insert_purchase_card(tx, card);
  auto hold = rails::intend(tx, context.rails(),
                            {.purchase = card.purchase,
                             .customer_id = authorization.customer_id,
                             .merchant_id = authorization.merchant_id,
                             .subject = card.purchase,
                             .kind = rails::OperationKind::hold,
                             .vault_token = card.vault_token,
                             .amount = amount,
                             .merchant_name = confirmation.merchant.name,
                             .merchant_reference = reference_of(authorization.authorization_id),
                             .by_cardholder = true,
                             .original = std::nullopt});
  authorization.state = AuthorizationState::pending_card;
  authorization.hold_operation = hold.operation_id.uuid();
  return hold;
}

// What the shopper asked for and what became of it, for the audit log.
void record_authorization(store::Tx& tx, const Context& context, const Authorization& authorization) {
  record_deed(tx, context,
              {.actor = by_customer(authorization.customer_id),
               .action = "authorization_" + word(authorization.state),
               .subject = {"authorization", authorization.authorization_id.text()},
               .details = {{"amount", authorization.order_amount},
                           {"plan", std::string(credit::name_of(authorization.plan))},
                           {"refusal", authorization.refusal.value_or("")}}});
}

}  // namespace

Result<Authorizing> start_authorization(store::Tx& tx, const Context& context, const Confirmation& confirmation) {
  KARV_TRY(auto session, open_session(tx, context, confirmation.session_id));
  if (session.merchant_id != confirmation.merchant.merchant_id) return no_such_session();
  KARV_TRY(auto details, open_details(tx, context, session.session_id, session.sealed_details));
  const auto today = today_in(session.purchase_country, context.business);
  KARV_TRY(auto quote, credit::quote(confirmation.plan, session.purchase_country, amount_of(session), today));
  if (quote.terms_hash != confirmation.terms_hash)
    return base::public_error(ErrorCode::not_matching, "The terms have changed since they were shown. Read them again.",
                              "TERMS_CHANGED");
  if (quote.needs_card && !confirmation.card)
    return base::public_error(ErrorCode::bad_value, "This plan needs a card.", "CARD_MISSING");

  KARV_TRY_VOID(void_previous(tx, context, session));
  Authorizing step{made_from(confirmation, session, context), std::nullopt};
  KARV_TRY(auto decided, risk::decide_application(tx, context.risk(),
                                                  {.payment_session = session.session_id,
                                                   .merchant_id = session.merchant_id,
                                                   .customer_id = confirmation.customer_id,
                                                   .email = confirmation.email,
                                                   .amount = amount_of(session),
                                                   .credit = quote.credit,
                                                   .date_of_birth = birth_date(details)}));
  if (decided.decision.outcome == risk::Outcome::refuse || decided.decision.outcome == risk::Outcome::step_up) {
    step.authorization.state = AuthorizationState::refused;
    step.authorization.refusal = "REFUSED";
    session.version += 1;
    update_session(tx, session);
  } else {
    if (decided.decision.outcome == risk::Outcome::pending) note_pending(step.authorization, decided.decision, context);
    if (quote.needs_card) {
      step.hold = intend_hold(tx, context, confirmation, step.authorization, hold_amount(quote));
      session.version += 1;
      update_session(tx, session);
    } else {
      KARV_TRY_VOID(approve(tx, context, step.authorization, session));
    }
  }
  insert_authorization(tx, step.authorization);
  record_authorization(tx, context, step.authorization);
  return step;
}

Result<Authorization> finish_authorization(store::Tx& tx, const Context& context, const rails::CardOperation& hold) {
  const AuthorizationId id(hold.purchase);
  KARV_TRY(auto rows, tx.read_for_update({find_authorization(id), find_session_of(id)}));
  auto authorization = read_authorization(rows[0]);
  auto session = read_session(rows[1]);
  KARV_REQUIRE(authorization.has_value() && session.has_value());
  if (authorization->state != AuthorizationState::pending_card) return *std::move(authorization);
  if (hold.state == rails::OperationState::intended) {  // not known yet, so nothing is stored
    authorization->refusal = card_refusal(hold);
    return *std::move(authorization);
  }
  const bool too_late = session->status == SessionStatus::complete || session->authorization_id.has_value() ||
                        !is_as_confirmed(*session, *authorization, context) ||
                        context.business.now() >= authorization->expires_at;
  if (hold.state == rails::OperationState::approved && !too_late) {
    KARV_TRY_VOID(approve(tx, context, *authorization, *session));
  } else {
    authorization->state = AuthorizationState::refused;
    authorization->refusal = too_late ? "EXPIRED" : card_refusal(hold);
    if (hold.state == rails::OperationState::approved) KARV_TRY_VOID(reverse_hold(tx, context, id));
  }
  authorization->version += 1;
  update_authorization(tx, *authorization);
  record_authorization(tx, context, *authorization);
  return *std::move(authorization);
}

Result<void> release_authorization(store::Tx& tx, const Context& context, identity::MerchantId merchant,
                                   AuthorizationId id) {
  const auto refusal = [] {
    return base::public_error(ErrorCode::not_found, "Authorization cannot be deleted", "NOT_FOUND");
  };
  KARV_TRY(auto rows, tx.read_for_update({find_authorization(id), find_session_of(id)}));
  auto authorization = read_authorization(rows[0]);
  auto session = read_session(rows[1]);
  if (!authorization || !session || authorization->merchant_id != merchant) return refusal();
  if (authorization->state != AuthorizationState::approved || context.business.now() >= authorization->expires_at)
    return refusal();
  take_from_session(tx, *session, id);
  return void_authorization(tx, context, *std::move(authorization));
}

Result<void> withdraw_authorization(store::Tx& tx, const Context& context, Authorization authorization) {
  KARV_TRY(auto rows, tx.read_for_update({find_session(authorization.session_id)}));
  auto session = read_session(rows[0]);
  KARV_REQUIRE(session.has_value());
  take_from_session(tx, *session, authorization.authorization_id);
  return void_authorization(tx, context, std::move(authorization));
}

Result<void> void_authorization(store::Tx& tx, const Context& context, Authorization authorization) {
  KARV_REQUIRE(authorization.state == AuthorizationState::approved && authorization.agreement_id.has_value());
  KARV_TRY_VOID(credit::cancel_agreement(tx, *authorization.agreement_id));
  if (authorization.hold_operation) KARV_TRY_VOID(reverse_hold(tx, context, authorization.authorization_id));
  authorization.state = AuthorizationState::voided;
  authorization.version += 1;
  update_authorization(tx, authorization);
  record_authorization(tx, context, authorization);
  return {};
}

Result<void> ensure_voided(store::Tx& tx, const Context& context, AuthorizationId id) {
  KARV_TRY(auto rows, tx.read_for_update({find_authorization(id)}));
  auto current = read_authorization(rows[0]);
  if (!current || current->state != AuthorizationState::approved) return {};
  return void_authorization(tx, context, *std::move(current));
}

Result<void> reverse_hold(store::Tx& tx, const Context& context, AuthorizationId purchase) {
  KARV_TRY(auto rows, tx.read({rails::operations_of(purchase.uuid())}));
  const auto operations = rails::read_operations(rows[0]);
  for (const auto& hold : operations) {
    const bool open = hold.kind == rails::OperationKind::hold && hold.state == rails::OperationState::approved &&
                      hold.amount.minor() > 0;
    const bool reversed = std::ranges::any_of(operations, [&](const rails::CardOperation& other) {
      return other.kind == rails::OperationKind::reverse && other.original == hold.operation_id;
    });
    if (!open || reversed) continue;
    rails::intend(tx, context.rails(),
                  {.purchase = hold.purchase,
                   .customer_id = hold.customer_id,
                   .merchant_id = hold.merchant_id,
                   .subject = hold.subject,
                   .kind = rails::OperationKind::reverse,
                   .vault_token = hold.vault_token,
                   .amount = money::Money{0, hold.amount.currency()},
                   .merchant_name = hold.merchant_name,
                   .merchant_reference = hold.merchant_reference,
                   .by_cardholder = hold.by_cardholder,
                   .original = hold.operation_id});
  }
  return {};
}

std::string card_refusal(const rails::CardOperation& hold) {
  if (hold.state != rails::OperationState::declined) return "CARD_UNREACHABLE";
  if (hold.response_code == "51" || hold.response_code == "61") return "CARD_INSUFFICIENT_FUNDS";
  if (hold.response_code == "54") return "CARD_EXPIRED";
  if (hold.response_code == "91" || hold.response_code.empty()) return "CARD_UNREACHABLE";
  return "CARD_DECLINED";
}

}  // namespace karv::orders
