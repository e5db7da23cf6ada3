#include "orders/session_service.h"

#include "json/decode.h"
#include "json/encode.h"
#include "orders/authorization_service.h"
#include "orders/repository.h"

namespace karv::orders {
namespace {

using base::ErrorCode;
using base::Result;

identity::SealedField details_field(const PaymentSessionId& session) {
  return {"payment_sessions", session.view(), "details"};
}

bool is_expired(const PaymentSession& session, base::Instant now) {
  return now >= session.expires_at && session.status == SessionStatus::incomplete;
}

void put_purchase(PaymentSession& session, const Purchase& purchase) {
  session.intent = purchase.intent;
  session.purchase_country = purchase.purchase_country;
  session.purchase_currency = purchase.purchase_currency;
  session.locale = purchase.locale;
  session.order_amount = purchase.order_amount;
  session.cart = purchase.cart;
}

// Whoever agreed to the old amount or lines has not agreed to the new ones.
bool only_details_differ(const Purchase& before, const Purchase& after) {
  Purchase same_details = after;
  same_details.details = before.details;
  return differing_fields(before, same_details).empty();
}

}  // namespace

base::Error no_such_session() { return base::public_error(ErrorCode::not_found, "Invalid session id", "NOT_FOUND"); }

bool has_anything(const Details& details) {
  return details.billing_address || details.shipping_address || details.customer || details.attachment;
}

NewSession make_session(const Context& context, identity::MerchantId merchant, const Purchase& purchase) {
  NewSession made;
  PaymentSession& session = made.session;
  session.session_id = base::make_id<identity::PaymentSessionTag>(context.wall, context.random);
  session.merchant_id = merchant;
  session.created_at = context.business.now();
  session.expires_at = session.created_at + kSessionTime;
  put_purchase(session, purchase);
  if (has_anything(purchase.details)) {
    made.subject = context.sealer.make_subject(identity::subject_of(session.session_id));
    session.sealed_details = context.sealer.seal(*made.subject->key, details_field(session.session_id),
                                                 base::as_bytes(json::encode(purchase.details)));
  }
  return made;
}

void store_session(store::Tx& tx, const Context& context, const NewSession& made) {
  if (made.subject) context.sealer.insert(tx, *made.subject);
  insert_session(tx, made.session);
}

Result<Details> open_details(store::ReadTx& tx, const Context& context, PaymentSessionId session,
                             const base::Bytes& sealed) {
  if (sealed.empty()) return Details{};
  KARV_TRY(auto key, context.sealer.load(tx, identity::subject_of(session)));
  KARV_TRY(auto plain, identity::Sealer::open(*key, details_field(session), sealed));
  return json::decode<Details>(plain.expose_text());
}

Result<Purchase> open_purchase_of(store::ReadTx& tx, const Context& context, const PaymentSession& session) {
  KARV_TRY(auto details, open_details(tx, context, session.session_id, session.sealed_details));
  return Purchase{session.purchase_country, session.purchase_currency,
                  session.locale,           session.order_amount,
                  session.intent,           session.cart,
                  std::move(details)};
}

Result<void> put_details(store::Tx& tx, const Context& context, PaymentSession& session, const Details& details) {
  if (!has_anything(details)) return {};
  const auto owner = identity::subject_of(session.session_id);
  identity::SubjectKeyPtr key;
  if (session.sealed_details.empty()) {
    const auto subject = context.sealer.make_subject(owner);
    context.sealer.insert(tx, subject);
    key = subject.key;
  } else {
    KARV_TRY(key, context.sealer.load(tx, owner));
  }
  session.sealed_details =
      context.sealer.seal(*key, details_field(session.session_id), base::as_bytes(json::encode(details)));
  return {};
}

Result<PaymentSession> change_session(store::Tx& tx, const Context& context, identity::MerchantId merchant,
                                      PaymentSessionId id, const PurchaseRequest& request) {
  KARV_TRY(auto rows, tx.read_for_update({find_session(id)}));
  auto found = read_session(rows[0]);
  if (!found || found->merchant_id != merchant || is_expired(*found, context.business.now())) return no_such_session();
  if (found->status == SessionStatus::complete)
    return base::public_error(ErrorCode::not_found, "The session's order was placed already; it cannot be changed.",
                              "SESSION_COMPLETED");
  PaymentSession session = *std::move(found);
  KARV_TRY(auto before, open_purchase_of(tx, context, session));
  KARV_TRY(auto purchase, change_purchase(before, request));
  if (session.authorization_id && !only_details_differ(before, purchase))
    KARV_TRY_VOID(void_current_authorization(tx, context, session));
  put_purchase(session, purchase);
  KARV_TRY_VOID(put_details(tx, context, session, purchase.details));
  session.version += 1;
  update_session(tx, session);
  return session;
}

Result<OpenedSession> get_session(store::ReadTx& tx, const Context& context, identity::MerchantId merchant,
                                  PaymentSessionId id) {
  KARV_TRY(auto rows, tx.read({find_session(id)}));
  auto found = read_session(rows[0]);
  if (!found || found->merchant_id != merchant || is_expired(*found, context.business.now())) return no_such_session();
  KARV_TRY(auto purchase, open_purchase_of(tx, context, *found));
  return OpenedSession{*std::move(found), std::move(purchase)};
}

}  // namespace karv::orders
